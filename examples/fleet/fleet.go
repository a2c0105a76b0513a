package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"golang.org/x/time/rate"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

const usage = `Usage: fleet [flags]
In a clone: go -C examples run ./fleet [flags]

Lists the live conferences of many administrators: those of the service at
CONFOPENAPI_BASE_URL, with the token in CONFOPENAPI_TOKEN, or those of an embedded fake if
neither is set. Prints a line for each administrator, in the order in which they are given;
one who is given twice is listed once. The fake lets any id list a third of its
conferences, and has three administrators if none is given.
Exits with 0, with 1 if a listing failed or may lack something, and with 2 if nothing was
sent; go run turns 2 into 1.

`

// config is what the flags say.
type config struct {
	*program.Flags
	request  confopenapi.ListByStatusRequest
	admins   string
	from     string
	rate     float64
	parallel int
	json     bool
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	if err == nil {
		err = fleet(ctx, cfg, env, stdin, stdout)
	}
	return cfg.Report(err)
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{Flags: program.NewFlags("fleet", usage, "show", stderr)}
	cfg.StringVar(&cfg.admins, "admins", "", "the administrators' user `ids`, such as 1001,1002")
	cfg.StringVar(&cfg.from, "from", "", "read ids from this `file`, separated by commas or white space; - is the standard input")
	cfg.Float64Var(&cfg.rate, "rate", 10, "all listings together may send `n` requests a second, such as 10 or 0.5; 0 = any number")
	cfg.IntVar(&cfg.parallel, "parallel", 4, "have `n` listings under way at a time")
	cfg.BoolVar(&cfg.json, "json", false, "print a JSON object a line")
	cfg.HideSingle(&cfg.request)
	if err := cfg.Parse(args); err != nil {
		return cfg, err
	}
	switch {
	case !(cfg.rate >= 0) || math.IsInf(cfg.rate, 0): // NaN is no rate either
		return cfg, misuse("-rate %v is no number of requests", "-rate is a number such as 10 or 0.5", cfg.rate)
	case cfg.parallel < 1:
		return cfg, misuse("-parallel %v is too few", "-parallel is a positive number", cfg.parallel)
	}
	return cfg, nil
}

func misuse(format, hint string, args ...any) error {
	return &program.Problem{Err: fmt.Errorf(format, args...), Hint: hint, Code: program.Unsent}
}

// embedded has administrators who see different thirds of a list that moves gently.
func embedded() []confopenapitest.Option {
	return []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(200, 1)...), confopenapitest.WithMaxCount(50),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: .5}),
		confopenapitest.WithAdmins(func(admin int64, c confopenapi.Conference) bool { return c.HostOrgID%3 == admin%3 }),
	}
}

// fleet lists for everybody, and prints what came of it.
func fleet(ctx context.Context, cfg *config, env func(string) string, stdin io.Reader, stdout io.Writer) error {
	admins, err := cfg.ids(stdin)
	if err != nil {
		return err
	}
	service, err := cfg.Open(env, embedded,
		confopenapi.WithLimiter(limiter(cfg.rate)),
		confopenapi.WithTimeout(0)) // a call may wait long for its turn; each attempt still has its own timeout
	if err != nil {
		return err
	}
	defer service.Close()
	switch {
	case len(admins) > 0:
	case service.Embedded():
		admins = []int64{1001, 1002, 1003}
	default:
		return misuse("there are no administrators", "name them with -admins or -from")
	}

	results := listAll(ctx, service.Client, cfg.request, admins, cfg.parallel)
	if err := program.Output(cfg.print(stdout, results)); err != nil {
		return err
	}
	return failure(results)
}

// limiter lets a request through whenever it is due, and none in advance: a burst is what rate limits are about.
func limiter(perSecond float64) *rate.Limiter {
	if perSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), 1)
}

// ids are the administrators, each once.
func (cfg *config) ids(stdin io.Reader) (ids []int64, err error) {
	var listed []byte
	switch cfg.from {
	case "":
	case "-":
		listed, err = io.ReadAll(stdin)
	default:
		listed, err = os.ReadFile(cfg.from)
	}
	if err != nil {
		return nil, misuse("%w", "-from is a file with ids, or - for the standard input", err)
	}
	known := map[int64]bool{}
	separates := func(r rune) bool { return r == ',' || unicode.IsSpace(r) }
	for i, text := range strings.FieldsFunc(cfg.admins+","+string(listed), separates) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 1 {
			return nil, misuse("administrator %d of those given is no user id", "ids are positive numbers, separated by commas or white space", i+1)
		}
		if !known[id] {
			known[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (cfg *config) print(w io.Writer, results []result) error {
	if cfg.json {
		for _, r := range results {
			if err := show.JSON(w, r); err != nil {
				return err
			}
		}
		return nil
	}
	t := show.NewTable(show.Number("ADMINISTRATOR"), show.Number("CONFERENCES"), show.Number("ATTENDEES"))
	t.AppendHeader(table.Row{"ADMINISTRATOR", "CONFERENCES", "ATTENDEES", "VERDICT", "ERROR"})
	for _, r := range results {
		row := table.Row{r.Admin, r.Conferences, r.Attendees, r.Verdict, show.Printable(r.Error)}
		if r.Verdict == failed {
			row[1], row[2] = "-", "-"
		}
		t.AppendRow(row)
	}
	_, err := fmt.Fprintln(w, t.Render())
	return err
}

// failure sums up what went wrong, with the first error for the hint.
func failure(results []result) error {
	bad := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.err == nil })
	if len(bad) == 0 {
		return nil
	}
	err := fmt.Errorf("%d of %d listings failed; the first is that of %d: %w", len(bad), len(results), bad[0].Admin, bad[0].err)
	if errors.Is(err, confopenapi.ErrForbidden) {
		return &program.Problem{Err: err, Hint: "the token is good, but not for these lists: check the ids and the token's rights", Code: program.Failed}
	}
	return err
}
