package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// groupsPath is made up, and so are the fields below: take them from the vendor's page of the endpoint.
const groupsPath = "confopenapi/conference/groups"

// groupsRequest asks for the groups of a conference.
type groupsRequest struct {
	ConferenceID string `json:"conferenceId"`
	EventID      int64  `json:"eventId,omitzero"` // 0 = not sent
}

// groupList is its result.
type groupList struct {
	Groups []group `json:"groupList"`
	Total  *int    `json:"totalCount"` // nil = null or absent
}

type group struct {
	ID   json.Number `json:"groupId"` // with or without quotes
	Name string      `json:"groupName"`
}

// groupsOf lists the groups of a conference. The endpoint only reads, so it may be repeated.
func groupsOf(ctx context.Context, client *confopenapi.Client, conf confopenapi.Conference) ([]group, error) {
	if conf.ConferenceID == "" {
		return nil, fmt.Errorf("groups: the conference has no id") // before anything is sent
	}
	in := groupsRequest{ConferenceID: conf.ConferenceID, EventID: conf.EventID}
	list, _, err := confopenapi.Call[*groupList](ctx, client, groupsPath, in, confopenapi.Idempotent())
	switch {
	case err != nil:
		return nil, fmt.Errorf("groups: %w", err)
	case list == nil: // Call lets a result be null or absent: the endpoint decides whether that is a result
		return nil, fmt.Errorf("groups: the service sent no result")
	}
	return list.Groups, nil
}

// endConference ends a conference. It must not happen twice, so it is not idempotent: it is sent again only if the
// service provably did nothing.
func endConference(ctx context.Context, client *confopenapi.Client, conf confopenapi.Conference) error {
	in := map[string]any{"conferenceId": conf.ConferenceID}
	_, _, err := confopenapi.Call[json.RawMessage](ctx, client, "confopenapi/conference/stop", in)
	return err
}

// siblings serves the endpoints above beside the list, and everything else as ever.
func siblings(x *confopenapitest.Exchange) {
	switch x.Path {
	case "/" + groupsPath:
		x.Handle(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":0,"result":{"groupList":[{"groupId":7,"groupName":"一组"}],"totalCount":null}}`)
		}))
	case "/confopenapi/conference/stop":
		x.Fail(confopenapitest.Reset())
	}
}

func ExampleCall_endpointOfYourOwn() {
	srv := fake()
	defer srv.Close()
	srv.Intercept(siblings)
	client, ctx := srv.Client(), context.Background()
	conf := confopenapi.Conference{ConferenceID: "22188557", EventID: 1165158}

	groups, err := groupsOf(ctx, client, conf)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(groups[0].ID, groups[0].Name)

	err = endConference(ctx, client, conf)
	meta, _ := confopenapi.MetaOf(err)
	fmt.Println(err != nil, meta.Attempts, "attempt: it is unknown whether the conference has ended")
	// Output:
	// 7 一组
	// true 1 attempt: it is unknown whether the conference has ended
}

func ExampleWithTokenPlacement() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ListByStatus(ctx, nil); err != nil {
		log.Fatal(err)
	}

	sent := srv.Requests()[0]
	fmt.Println("header:", sent.TokenInHeader, "body:", sent.TokenInBody)
	// Output: header: true body: true
}

// A token that something else keeps fresh in a file, as secret managers do. The file is read for every call, so a
// refused token is followed by the new one.
func ExampleTokenSourceFunc() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tokenFile := filepath.Join(dir, "token")
	write := func(token string) {
		if err := os.WriteFile(tokenFile, []byte(token+"\n"), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	write(srv.Token())

	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		text, err := os.ReadFile(tokenFile)
		if err != nil {
			return confopenapi.Token{}, err
		}
		return confopenapi.Token{Value: confopenapi.NewSecret(strings.TrimSpace(string(text)))}, nil
	})
	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(client.ListByStatus(ctx, nil))
	write(srv.RotateToken())
	fmt.Println(client.ListByStatus(ctx, nil))
	// Output:
	// 20 of 45 conferences <nil>
	// 20 of 45 conferences <nil>
}

// forgetful stands for whatever issues tokens. It always gives the same one, also after a refusal.
type forgetful struct{ refused int }

func (*forgetful) Token(context.Context) (confopenapi.Token, error) {
	return confopenapi.Token{Value: confopenapi.NewSecret("a-token-of-yesterday")}, nil
}

// InvalidateToken makes it a TokenInvalidator.
func (f *forgetful) InvalidateToken(confopenapi.Token) { f.refused++ }

func ExampleTokenInvalidator() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	source := &forgetful{}

	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(confopenapi.CacheTokens(source)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.ListByStatus(ctx, nil)
	fmt.Println(errors.Is(err, confopenapi.ErrUnauthorized), "reported", source.refused, "time")
	fmt.Println(err)
	// Output:
	// true reported 1 time
	// confopenapi: conference/listbystatus: HTTP 401 Unauthorized with business status 401; the token source gave the same token again (request id confopenapitest-000001)
}
