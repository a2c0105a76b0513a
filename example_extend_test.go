package confopenapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// groupsPath is made up, and so are the members below: take them from the vendor's page of the endpoint.
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
	case list == nil: // Call lets a result be null or absent: whether that is an answer is for the endpoint to say
		return nil, fmt.Errorf("groups: the service sent no result")
	}
	return list.Groups, nil
}

// endConference ends a conference. It must not happen twice, so it is not idempotent: it is sent again only if it
// provably never left, or was answered 429.
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
	fmt.Println(err != nil, meta.Attempts, "attempt: nobody knows whether it has ended")
	// Output:
	// 7 一组
	// true 1 attempt: nobody knows whether it has ended
}
