// Package service finds the service that an example calls.
package service

import (
	"fmt"
	"os"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// Open returns a client of the service at CONFOPENAPI_BASE_URL, with the token in CONFOPENAPI_TOKEN. If no address is set
// it starts a fake service with these options. Call stop at the end.
func Open(opts ...confopenapitest.Option) (client *confopenapi.Client, stop func(), err error) {
	baseURL, token := os.Getenv("CONFOPENAPI_BASE_URL"), os.Getenv("CONFOPENAPI_TOKEN")
	stop = func() {}
	if baseURL == "" {
		fake, err := confopenapitest.Start(opts...)
		if err != nil {
			return nil, nil, err
		}
		fmt.Fprintln(os.Stderr, "A fake service made up these conferences. Set CONFOPENAPI_BASE_URL and CONFOPENAPI_TOKEN to list real ones.")
		baseURL, token, stop = fake.URL, fake.Token(), func() { _ = fake.Close() }
	}
	client, err = confopenapi.NewClient(baseURL, confopenapi.WithToken(token))
	if err != nil {
		stop()
	}
	return client, stop, err
}
