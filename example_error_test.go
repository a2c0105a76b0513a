package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func ExampleMetaOf() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))

	_, err := client.ListByStatus(ctx, nil)
	if err != nil {
		meta, _ := confopenapi.MetaOf(err) // zero if no answer came
		logger.Error("no list", "err", err, "requestId", meta.RequestID, "httpStatus", meta.HTTPStatus, "serverTime", meta.ServerTime)
	}
	// Output:
	// level=ERROR msg="no list" err="confopenapi: conference/listbystatus: business status 40001 (request id confopenapitest-000001)" requestId=confopenapitest-000001 httpStatus=200 serverTime=2026-03-26T08:46:08.582Z
}

func ExampleHTTPError() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.FailNext(1, confopenapitest.RetryAfter(429, "3600"))

	_, err := client.ListByStatus(ctx, nil)
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		fmt.Println(refused.StatusCode, "come back in", refused.RetryAfter)
		fmt.Println(refused.Sample()) // what the body looked like, without its values
	}
	fmt.Println(err)
	// Output:
	// 429 come back in 1h0m0s
	// {"status":429,"result":null,"msg":"…","request_id":"…","timestamp":…,"request_duration":"…"}
	// confopenapi: conference/listbystatus: HTTP 429 Too Many Requests with business status 429; the server asks to wait 1h0m0s, longer than the limit of 30s (request id confopenapitest-000001)
}

func ExampleDecodeError() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.FailNext(1, confopenapitest.HTML(200)) // a portal answers, and not the service

	_, err := client.ListByStatus(ctx, nil)
	if odd, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		fmt.Println(odd.Sample())
	}
	fmt.Println(err)
	// Output:
	// <!DOCTYPE html> <html> <head><title>200 OK</title></head> <body><h1>200 OK</h1></body> </html>
	// confopenapi: conference/listbystatus: the answer is not the promised JSON: HTML or XML where an object belongs at byte 0
}

func ExampleIncompleteError() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool {
		return r.List.Page > 5
	}})

	received := 0
	for _, err := range client.Pager(nil, nil).All(ctx) {
		if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok {
			fmt.Println(incomplete.Report.Received == received, incomplete.Report.Verdict)
			fmt.Println("because of the service's refusal:", errors.Is(err, confopenapi.ErrForbidden))
			break
		}
		if err != nil {
			log.Fatal(err) // not even a first page came
		}
		received++
	}
	// Output:
	// true incomplete
	// because of the service's refusal: true
}

// A client that is one of many has a small budget: when it is spent, calls that fail are not repeated.
func ExampleRetryPolicy() {
	srv := fake()
	defer srv.Close()
	ctx := context.Background()
	client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{
		MinWait: time.Nanosecond, MaxWait: time.Nanosecond, // for an example: the default waits are for services
		Budget: 3,
	}))

	srv.FailNext(100, confopenapitest.Status(503))
	for range 3 {
		_, err := client.ListByStatus(ctx, nil)
		meta, _ := confopenapi.MetaOf(err)
		fmt.Println(meta.Attempts, "attempts")
	}
	// Output:
	// 4 attempts
	// 1 attempts
	// 1 attempts
}
