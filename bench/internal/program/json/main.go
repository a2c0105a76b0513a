// Json asks for a page of live conferences with net/http and encoding/json, and prints how many came.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	body, err := json.Marshal(map[string]int{"page": 1, "count": 20})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		os.Getenv("CONFOPENAPI_BASE_URL")+"/confopenapi/conference/listbystatus", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("token", os.Getenv("CONFOPENAPI_TOKEN"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var envelope wire.Envelope
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		return err
	}
	fmt.Println(len(envelope.Result.ConfList), "of", envelope.Result.TotalCount)
	return nil
}
