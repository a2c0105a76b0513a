package confopenapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
)

// meeting is what a program of its own might have of a conference.
type meeting struct {
	ID        string `json:"conferenceId"`
	Subject   string `json:"title"`
	Attendees int    `json:"attendeeCnt"`
}

// pageByHand is the call that many programs have. What it overlooks is the subject of docs/migrating.md.
func pageByHand(ctx context.Context, baseURL, token string, page int) ([]meeting, error) {
	body, err := json.Marshal(map[string]any{"page": page, "count": 100})
	if err != nil {
		return nil, err
	}
	url := baseURL + "/confopenapi/conference/listbystatus"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Status int    `json:"status"`
		Msg    string `json:"msg"`
		Result struct {
			ConfList []meeting `json:"confList"`
		} `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Status != 0 {
		return nil, fmt.Errorf("status %d: %s", answer.Status, answer.Msg)
	}
	return answer.Result.ConfList, nil
}

// allByHand is the loop around it.
func allByHand(ctx context.Context, baseURL, token string) (all []meeting, err error) {
	for page := 1; ; page++ {
		meetings, err := pageByHand(ctx, baseURL, token, page)
		if err != nil {
			return nil, err
		}
		if len(meetings) == 0 {
			return all, nil
		}
		all = append(all, meetings...)
	}
}

// pageOfMeetings takes the place of pageByHand.
func pageOfMeetings(ctx context.Context, client *confopenapi.Client, number int) (meetings []meeting, err error) {
	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: number, Count: 100})
	if err != nil {
		return nil, err
	}
	for _, conf := range page.Conferences {
		meetings = append(meetings, meetingOf(conf))
	}
	return meetings, nil
}

// allMeetings takes the place of allByHand.
func allMeetings(ctx context.Context, client *confopenapi.Client) (all []meeting, err error) {
	for conf, err := range client.Pager(nil, nil).All(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, meetingOf(conf))
	}
	return all, nil
}

func meetingOf(conf confopenapi.Conference) meeting {
	return meeting{ID: conf.ConferenceID, Subject: conf.Title, Attendees: conf.AttendeeCount}
}

func Example_migration() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	// lost counts the conferences that were in the list from the first request of a listing to its last, and are not in it.
	lost := func(list func() ([]meeting, error)) (n int) {
		first := srv.RequestCount() + 1
		meetings, err := list()
		if err != nil {
			log.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range meetings {
			found[m.ID] = true
		}
		for conf := range srv.Truth(first, 0).Always {
			if !found[conf.ConferenceID] {
				n++
			}
		}
		return n
	}
	fmt.Println("by hand, some are lost:", lost(func() ([]meeting, error) { return allByHand(ctx, srv.URL, srv.Token()) }) > 0)
	fmt.Println("by All, lost:", lost(func() ([]meeting, error) { return allMeetings(ctx, client) }))
	first, err := pageOfMeetings(ctx, client, 1)
	fmt.Println("a page:", len(first), err)
	// Output:
	// by hand, some are lost: true
	// by All, lost: 0
	// a page: 100 <nil>
}
