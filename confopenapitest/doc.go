// Package confopenapitest is a fake of the conference open API, for tests of programs that use confopenapi and for trying the
// SDK without a service.
//
//	srv := confopenapitest.NewServer(t)
//	page, err := srv.Client().ListByStatus(t.Context(), nil) // 20 of 25 made-up conferences
//
// [NewServer] listens on loopback until the test ends. It is strict: a request that breaks the documented contract, with a
// misspelt field, page 0 or no content type, fails the test and says why. A program that makes its own client takes
// [Server].URL and [Server.Token]. Outside a test, use [Start] and [Server.Close]. [New] does not listen: its client needs no
// network, so that it works in a bubble of testing/synctest.
//
// # The list
//
// [WithConferences] sets what is live at the start; [Conferences] makes up more. [Server.Add], [Server.Update],
// [Server.End], [Server.Resume] and [Server.Restart] change it, and [WithChurn] lets it change with every request.
// [WithOrder], [WithMaxCount], [WithTotal] and [WithFilterAfterPaging] make the listing as awkward as real ones are.
//
// A list that changes while it is read page by page loses conferences. [Server.Truth] knows who was in it at every request:
//
//	first := srv.RequestCount() + 1
//	found := listEverything(srv.Client()) // the code under test
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
//
// # Faults
//
// [Status], [RetryAfter], [BusinessStatus], [Truncate], [Reset] and others make a [Fault]. [Faults] lists all of them, and
// [FaultNamed] finds the rare ones. [Server.FailNext] fails the next requests; [Server.Inject] takes rules for certain
// requests, or with a probability and a seed:
//
//	srv.FailNext(2, confopenapitest.Status(503))
//	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.FaultNamed("null list"), Probability: 0.05, Seed: 1})
//
// Give the client a quick retry policy, or the test waits as a program would:
//
//	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
//	page, err := srv.Client(quick).ListByStatus(ctx, nil)
//
// Tokens expire ([WithTokenLimits]), rotate ([Server.RotateToken]) and are refused ([WithRefusal]). [Server.TokenSource]
// issues them. [Server.Intercept] sees each exchange, and may respond or change the list between two pages.
//
// [Server.Requests] are the recorded requests, without the token. [Server.PeakInFlight] and [Server.Connections] count how
// much a client asks at once. A [Recorder] records exchanges with a real service into a file without secrets and personal
// data, and a [Replay] responds from it.
//
// # Compatibility
//
// The same options, requests and changes give the same bytes: seeds and the number of requests drive everything. Only the
// life of a token and dates in Retry-After depend on the clock. After Close nothing is left running. The package does not
// import testing or net/http/httptest, which would register flags.
//
// The fake does what the vendor documents. Where nothing is documented it does something plausible, and the comment of the
// option that changes it says so.
package confopenapitest
