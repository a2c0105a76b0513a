// Package confopenapitest is a fake of the conference open API, for tests of programs that use confopenapi and for trying the
// SDK without a service.
//
//	srv := confopenapitest.NewServer(t)
//	page, err := srv.Client().ListByStatus(t.Context(), nil) // 20 of 25 made-up conferences
//
// [NewServer] listens on loopback until the test ends. It is strict: a request that breaks the documented contract fails the
// test with the reason, for example a misspelt field, page 0 or a missing content type. A program that makes its own client
// takes [Server].URL and [Server.Token]. Outside a test, use [Start] and [Server.Close]. [New] does not listen: its client
// needs no network and works in a bubble of testing/synctest.
//
// # The list
//
// [WithConferences] sets the live conferences at the start; [Conferences] generates more. [Server.Add], [Server.Update],
// [Server.End], [Server.Resume] and [Server.Restart] change it, and [WithChurn] lets it change with every request.
// [WithOrder], [WithMaxCount], [WithTotal] and [WithFilterAfterPaging] imitate what real services do differently.
//
// A client that reads a changing list page by page misses conferences. [Server.Truth] says which were listed at every request:
//
//	first := srv.RequestCount() + 1
//	found := listEverything(srv.Client()) // the code under test
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
//
// # Faults
//
// [Status], [RetryAfter], [BusinessStatus], [Truncate], [Reset] and others make a [Fault]. [Faults] lists all faults;
// [FaultNamed] finds those without a function. [Server.FailNext] fails the next requests. [Server.Inject] adds rules that
// choose requests, or use a probability and a seed:
//
//	srv.FailNext(2, confopenapitest.Status(503))
//	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.FaultNamed("null list"), Probability: 0.05, Seed: 1})
//
// Give the client a quick retry policy, or the test waits as long as a program would:
//
//	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
//	page, err := srv.Client(quick).ListByStatus(ctx, nil)
//
// Tokens expire ([WithTokenLimits]), rotate ([Server.RotateToken]) and are refused ([WithRefusal]). [Server.TokenSource]
// issues them. [Server.Intercept] sees each exchange, and can respond or change the list between two pages.
//
// [Server.Requests] returns the recorded requests, without the token. [Server.PeakInFlight] and [Server.Connections] count
// parallel requests and connections. A [Recorder] records exchanges with a real service into a file without secrets and
// personal data, and a [Replay] responds from that file.
//
// # Compatibility
//
// Without [WithClock], the same options, requests and changes give the same bytes: everything depends on seeds and the number
// of requests. Only the lifetime of a token and dates in Retry-After depend on the clock. After Close no goroutine is left. The package does
// not import testing or net/http/httptest, because they register flags.
//
// An option or fault with an impossible value, such as an unknown order or an HTTP status of 99, panics at once.
//
// The fake does what the vendor documents. Where nothing is documented it does something plausible; the option that changes
// that says so.
package confopenapitest
