package confopenapi_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// Neither the event id nor the conference id names a run alone, so a map has the identity as its key.
func ExampleIdentity() {
	monday := confopenapi.Conference{EventID: 1165158, ConferenceID: "22188557", StartTime: 1715600000, AttendeeCount: 5}
	tuesday := monday // the same reservation runs again
	tuesday.StartTime += 24 * 60 * 60

	peak := map[confopenapi.Identity]int{}
	for _, conf := range []confopenapi.Conference{monday, tuesday, monday} {
		peak[conf.Identity()] = max(peak[conf.Identity()], conf.AttendeeCount)
	}
	fmt.Println(len(peak), "runs")
	// Output: 2 runs
}

func ExampleUnixTime() {
	conf := confopenapi.Conference{StartTime: 1715600000} // and no StopTime
	china := time.FixedZone("UTC+8", 8*60*60)             // what you show is in a zone of your choice

	fmt.Println(conf.StartTime.Time().In(china).Format(time.DateTime))
	if conf.StopTime.IsZero() {
		fmt.Println("goes on, or nobody says")
	}
	// Output:
	// 2024-05-13 19:33:20
	// goes on, or nobody says
}

func ExampleSecret() {
	passcode := confopenapi.NewSecret("5d41c4ac")

	fmt.Printf("%v %+v %q\n", passcode, passcode, passcode)
	fmt.Println(passcode.Equal(confopenapi.NewSecret("5d41c4ac")), passcode.IsZero())
	kept, err := json.Marshal(passcode)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(kept), passcode.Reveal())
	// Output:
	// [redacted] [redacted] [redacted]
	// true false
	// "5d41c4ac" 5d41c4ac
}

func ExampleConferenceStatus() {
	for _, conf := range []confopenapi.Conference{{Status: confopenapi.StatusInProgress}, {Status: 9}} {
		switch conf.Status {
		case confopenapi.StatusInProgress:
			fmt.Println("goes on")
		case confopenapi.StatusEnded, confopenapi.StatusExpired:
			fmt.Println("is over")
		default: // the list of names is not whole
			fmt.Println("is in", conf.Status)
		}
	}
	// Output:
	// goes on
	// is in status 9
}
