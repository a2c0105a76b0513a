package confopenapitest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// lister is what people needs of the SDK. A *confopenapi.Pager is one.
type lister interface {
	All(ctx context.Context) iter.Seq2[confopenapi.Conference, error]
}

// people is a function under test: it counts the attendees of all conferences.
func people(ctx context.Context, live lister) (n int, err error) {
	for conf, err := range live.All(ctx) {
		if err != nil {
			return 0, fmt.Errorf("people: %w", err)
		}
		n += conf.AttendeeCount
	}
	return n, nil
}

// mock yields conferences, and then the error, if there is one.
type mock struct {
	conferences []confopenapi.Conference
	err         error
}

func (m mock) All(context.Context) iter.Seq2[confopenapi.Conference, error] {
	return func(yield func(confopenapi.Conference, error) bool) {
		for _, conf := range m.conferences {
			if !yield(conf, nil) {
				return
			}
		}
		if m.err != nil {
			yield(confopenapi.Conference{}, m.err)
		}
	}
}

// A test of logic alone needs no server: the program declares the interface that it uses, and the test implements it.
func Example_mock() {
	ctx := context.Background()
	lost := &confopenapi.IncompleteError{Report: confopenapi.Report{Verdict: confopenapi.VerdictIncomplete, Reason: confopenapi.ReasonGap}}

	n, err := people(ctx, mock{conferences: confopenapitest.Conferences(3, 1)})
	fmt.Println(n, err)
	_, err = people(ctx, mock{err: lost})
	fmt.Println(errors.Is(err, confopenapi.ErrIncomplete))
	n, err = people(ctx, confopenapitest.New().Client().Pager(nil, nil)) // as the program does
	fmt.Println(n, err)
	// Output:
	// 29 <nil>
	// true
	// 198 <nil>
}

// A stub that sends the same page for every page number is no list: a listing sees that the number has no effect.
func Example_stub() {
	srv := confopenapitest.New()
	srv.Intercept(func(x *confopenapitest.Exchange) {
		x.Handle(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":0,"result":{"totalCount":2,"confList":[{"eventId":1},{"eventId":2}]}}`)
		}))
	})
	snap, err := srv.Client().Snapshot(context.Background(), nil, nil)
	fmt.Println(snap.Report.Reason, errors.Is(err, confopenapi.ErrIncomplete))
	// Output: paging true
}
