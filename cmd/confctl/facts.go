package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
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
	if missing := a.missing(text); missing != "" {
		a.note(a.Sprintf("What was learned is in %[1]s. Listings of one page still take more than one request: %[2]s.", a.facts, missing))
		return nil
	}
	a.note(a.Sprintf("What was learned is in %[1]s. With --facts %[1]s listings of one page take one request.", a.facts))
	return nil
}

// missing is why facts, as JSON, do not let a listing of one page take one request; "" = they do.
func (a *app) missing(text []byte) string {
	filter := "unset"
	if hide := a.request.FilterOneAttendee; hide != nil {
		filter = strconv.FormatBool(*hide)
	}
	var learned struct {
		Filters map[string]overlap.Facts `json:"filterOneAttendee"`
	}
	_ = json.Unmarshal(text, &learned) // which is what confopenapi.Facts wrote
	switch facts := learned.Filters[filter]; {
	case facts.Totals != "" && facts.Totals != overlap.TotalsOfList:
		return a.Sprintf("totals do not count the list")
	case facts.Pages == overlap.PagesShort:
		return a.Sprintf("pages before the end are not always full")
	case facts.Totals == "":
		return a.Sprintf("it is not known what totals count; try again when the list changes less")
	case facts.Pages == "":
		return a.Sprintf("it is not known whether pages are full before the end; try again when the list changes less")
	}
	return ""
}
