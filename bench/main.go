// Bench puts this SDK beside its peers.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	runtime.GOMAXPROCS(1)
	if os.Getenv(workerEnv) != "" {
		return serve(decodeTasks(20, 200, 2000), os.Stdin, os.Stdout)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	p := plan{}
	flags.IntVar(&p.rounds, "rounds", 0, "")
	flags.DurationVar(&p.time, "time", 3*time.Minute, "")
	flags.DurationVar(&p.slice, "slice", 30*time.Millisecond, "")
	only := flags.String("only", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	re, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	tasks := decodeTasks(20, 200, 2000)
	for i := range tasks {
		t := &tasks[i]
		var kept []subject
		for j, s := range t.subjects {
			if j == 0 || re.MatchString(t.String()+"/"+s.String()) {
				kept = append(kept, s)
			}
		}
		t.subjects = kept
	}
	s := &session{plan: p, log: os.Stderr, workers: map[string]*worker{}}
	defer s.close()
	results, rounds, err := s.measure(tasks)
	if err != nil {
		return err
	}
	fmt.Println(rounds, "rounds")
	printResults(os.Stdout, results)
	return nil
}
