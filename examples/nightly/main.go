// Nightly writes a file of live conferences for each of many administrators: nightly -dir FOLDER 1001 1002 1003.
//
// It exits with 1 if a file is missing. A file gets its name when it is whole, and one that exists is not written again: after an
// interruption, start the program again. The files hold personal data and passcodes, so only their owner can read them.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/service"
)

func main() {
	dir := flag.String("dir", ".", "the `folder` of the files")
	limit := flag.Duration("limit", 6*time.Hour, "how long the run may take")
	pause := flag.Duration("pause", 10*time.Minute, "how long to wait before those that failed are listed again")
	flag.Parse()
	var admins []int64
	for _, arg := range flag.Args() {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			log.Fatalf("%q is not the id of an administrator", arg)
		}
		admins = append(admins, id)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, *limit)
	defer cancel()
	if err := run(ctx, *dir, *pause, admins); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string, pause time.Duration, admins []int64) error {
	client, stop, err := service.Open(confopenapitest.WithAdmins(
		func(admin int64, c confopenapi.Conference) bool { return c.EventID%3 == admin%3 }))
	if err != nil {
		return err
	}
	defer stop()
	client, err = client.With(confopenapi.WithLimiter(rate.NewLimiter(5, 1)))
	if err != nil {
		return err
	}

	night := time.Now().Format(time.DateOnly) // one for all, also after midnight
	name := func(admin int64) string { return filepath.Join(dir, fmt.Sprintf("%d-%s.ndjson", admin, night)) }
	todo := slices.DeleteFunc(slices.Clone(admins), func(admin int64) bool {
		_, err := os.Stat(name(admin))
		return err == nil
	})
	missing, err := listAll(ctx, client, todo, pause, func(admin int64, snap *confopenapi.Snapshot) error {
		temp := filepath.Join(dir, fmt.Sprintf("%d.tmp", admin)) // a killed program leaves it, and the next run overwrites it
		if err := write(temp, snap.Conferences); err != nil {
			return err
		}
		log.Printf("administrator %d: %s", admin, snap.Report)
		return os.Rename(temp, name(admin))
	})
	fmt.Printf("%d of %d files are there\n", len(admins)-len(missing), len(admins))
	if len(missing) > 0 {
		return errors.Join(fmt.Errorf("no file for the administrators %d", missing), err)
	}
	return nil
}

func write(name string, list []confopenapi.Conference) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	lines := json.NewEncoder(out)
	for _, conf := range list {
		err = errors.Join(err, lines.Encode(conf))
	}
	return errors.Join(err, out.Flush(), file.Sync(), file.Close())
}
