package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// checkFleet refuses flags that a fleet would ignore.
func (p *webPage) checkFleet(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		_, asks := f.Annotations[forAsking]
		if asks || f.Name == "store" || f.Name == "keep-days" || f.Name == "metrics-centers" {
			err = p.misused(cmd, nil, p.Sprintf("--nats shows a fleet: --%s cannot be used", f.Name))
		}
	})
	if !cmd.Flag("interval").Changed {
		p.interval = time.Minute
	}
	return err
}

// connect connects to the fleet's NATS. Nothing that it reports has the address, which may have a password.
func (p *webPage) connect() (*fleet.Fleet, error) {
	address := p.nats
	if !strings.Contains(address, "://") {
		text, err := os.ReadFile(address)
		if err != nil {
			return nil, p.unsent(p.Sprintf("--nats is a URL such as nats://nats.example.com, or a file with one, such as conffleet-data/url"), err)
		}
		address = program.TrimBlanks(string(text[:min(len(text), maxToken)]))
	}
	f, err := fleet.Connect(address, p.credentials)
	if err != nil {
		return nil, &program.Problem{Err: p.unfollowed(err), Hint: p.Sprintf("does NATS run there, and are --nats and --nats-creds right?"), Code: program.Failed}
	}
	return f, nil
}

// unfollowed says in words why a fleet cannot be followed; other errors are as they are.
func (a *app) unfollowed(err error) error {
	for _, known := range []struct {
		is   error
		text string
	}{
		{fleet.ErrAddress, a.Sprintf("the address of NATS does not parse")},
		{fleet.ErrUnreadable, a.Sprintf("this confctl cannot read a record of the fleet (%s)", err)},
		{nats.ErrAuthorization, a.Sprintf("NATS refused the user, the password or the token")},
		{nats.ErrNoServers, a.Sprintf("NATS does not respond")},
		{nats.ErrTimeout, a.Sprintf("NATS does not respond")},
		{nats.ErrConnectionClosed, a.Sprintf("NATS does not respond")},
		{jetstream.ErrStreamNotFound, a.Sprintf("NATS has no fleet: conffleet run makes it")},
		{jetstream.ErrJetStreamNotEnabled, a.Sprintf("NATS has no fleet: conffleet run makes it")},
	} {
		if errors.Is(err, known.is) {
			return &program.Reworded{Text: known.text, Err: err}
		}
	}
	return err
}
