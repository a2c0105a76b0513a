package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// readFacts is the option for what doctor learned.
func (a *app) readFacts() (confopenapi.Option, error) {
	hint := a.Sprintf("confctl doctor --facts %s writes it", a.facts)
	file, err := os.Open(a.facts)
	if err != nil {
		return nil, a.unsent(hint, err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxToken))
	if err != nil {
		return nil, a.unsent(hint, err)
	}
	var facts confopenapi.Facts
	if err := json.Unmarshal(text, &facts); err != nil {
		return nil, a.unsent(hint, errors.New(a.Sprintf("%s does not contain facts of this version of confctl", a.facts)))
	}
	return confopenapi.WithFacts(facts), nil
}

// writeFacts keeps what doctor learned of the service.
func (a *app) writeFacts(client *confopenapi.Client) error {
	facts := client.Facts()
	if facts == (confopenapi.Facts{}) {
		a.note(a.Sprintf("Nothing was learned that would make listings cheaper: %s is not written.", a.facts))
		return nil
	}
	text, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return a.output(err)
	}
	err = disk.Replace(a.facts, 0o600, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n", text)
		return err
	}, nil)
	if err != nil {
		return a.output(err)
	}
	a.note(a.Sprintf("What was learned is in %[1]s. With --facts %[1]s listings of one page take one request.", a.facts))
	return nil
}
