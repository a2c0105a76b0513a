package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/contract"
	"github.com/confopenapi/confopenapi-go/internal/contract/recording"
)

// verdict is what came of a recording.
type verdict struct {
	recorded, valid int
	elsewhere       int     // sent with Call to other endpoints, of which the contract says nothing
	withoutToken    int     // of the valid: what tests send that have no token
	wrong           []error // what is wrong with the rest
}

// check checks every request for the endpoint.
func check(api *contract.Contract, recorded []recording.Request) verdict {
	v := verdict{recorded: len(recorded)}
	for _, r := range recorded {
		req := &http.Request{
			Method: r.Method, URL: &url.URL{Scheme: "https", Host: "conf.example.com", Path: r.Path, RawQuery: r.Query},
			Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
		}
		if !strings.HasSuffix(r.Path, contract.Path) {
			v.elsewhere++
			continue
		}
		if err := api.Request(req); err != nil {
			v.wrong = append(v.wrong, fmt.Errorf("%s %s %s: %w", r.Method, r.Path, r.Body, err))
			continue
		}
		v.valid++
		if r.Header.Get("token") == "" && !bytes.Contains(r.Body, []byte(`"token":`)) {
			v.withoutToken++
		}
	}
	return v
}

func (v verdict) String() string {
	return fmt.Sprintf("%d different requests recorded: %d to the endpoint, %d valid (%d of them without a token); %d to others, not checked",
		v.recorded, v.recorded-v.elsewhere, v.valid, v.withoutToken, v.elsewhere)
}

// err is nil if requests were recorded and all of those for the endpoint are valid.
func (v verdict) err() error {
	if v.valid == 0 {
		return errors.Join(append(v.wrong, errors.New("no valid request was recorded"))...)
	}
	return errors.Join(v.wrong...)
}
