// Nethttp asks for a page of live conferences with net/http alone, and prints the response as it came. It is what the size of
// a program with the SDK is compared to.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		os.Getenv("CONFOPENAPI_BASE_URL")+"/confopenapi/conference/listbystatus", strings.NewReader(`{"page":1,"count":20}`))
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
	_, err = io.Copy(os.Stdout, resp.Body)
	return err
}
