package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

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

// forgetful stands for whatever issues tokens. It always gives the same one, whatever it is told.
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
	fmt.Println(errors.Is(err, confopenapi.ErrUnauthorized), "told", source.refused, "time")
	fmt.Println(err)
	// Output:
	// true told 1 time
	// confopenapi: conference/listbystatus: HTTP 401 Unauthorized with business status 401; the token source gave the same token again (request id confopenapitest-000001)
}
