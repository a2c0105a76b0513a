package main

import (
	"errors"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestList(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	if err := list(t.Context(), srv.Client()); err != nil {
		t.Error(err)
	}
	srv.FailNext(1, confopenapitest.Status(403))
	err := list(t.Context(), srv.Client())
	if failure, ok := errors.AsType[*confopenapi.HTTPError](err); !ok || failure.StatusCode != 403 || !errors.Is(err, confopenapi.ErrForbidden) {
		t.Error(err)
	}
}
