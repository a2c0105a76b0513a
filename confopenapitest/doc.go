// Package confopenapitest is a fake of the conference open API for tests of programs that use confopenapi, and for trying
// the SDK without a service. It listens, pages, forgets, fails and remembers like a server, so that nobody has to write a
// mock.
//
// In a test, one line starts a server on loopback that lives as long as the test, and another gives a client of it:
//
//	srv := confopenapitest.NewServer(t)
//	page, err := srv.Client().ListByStatus(t.Context(), nil) // 20 of 25 made-up conferences
//
// A program that makes its own client takes [Server].URL and [Service.Token]. Outside of a test, [Start] and [Server.Close]
// do the same, and [NewService] gives the fake as an http.Handler that mounts anywhere. All its data is made up;
// [Conferences] makes more of it, and [ConferencesFrom] parts of lists of any length.
//
// # What is on
//
// [WithConferences] says what is live at the start. While the server runs, [Service.Add], [Service.Update], [Service.End],
// [Service.Resume], [Service.Restart] and [Service.SetConferences] change it:
//
//	srv.End(srv.Live()[0].Identity())
//
// [WithChurn] lets conferences start and end by themselves with every request. [WithOrder], [WithMaxCount] and
// [WithOddities] make the listing as awkward as real ones are.
//
// # Was anything lost?
//
// A list that changes while it is read page by page loses conferences. The service knows who was in it at every request,
// so that a test finds out in one line:
//
//	first := srv.RequestCount() + 1
//	found := listEverything(srv.Client()) // the code under test
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
//
// # What goes wrong
//
// Each [Fault] is a value: [Status], [RetryAfter], [Truncate], [SlowBody] and many more, which [Faults] lists.
// [Service.FailNext] has the next requests meet one; [Service.Inject] takes rules for certain pages, or with a probability
// and a seed:
//
//	srv.FailNext(2, confopenapitest.Status(503))
//	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Reset(), Probability: 0.05, Seed: 1})
//
// Give the client a quick retry policy, or the test waits as a program would:
//
//	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
//	page, err := srv.Client(quick).ListByStatus(ctx, nil)
//
// Tokens expire ([WithTokenLimits]), rotate ([Service.RotateToken]) and are refused as the service might ([WithRefusal]);
// [Service.TokenSource] stands for whatever issues them:
//
//	srv := confopenapitest.NewServer(t, confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 2}))
//	client := srv.Client(confopenapi.WithTokenSource(confopenapi.CacheTokens(srv.TokenSource())))
//
// [Service.Intercept] sees each exchange and may answer it, or act
// between two pages.
//
// # What was asked
//
// [Service.Requests] are the recorded requests, without the token. A server of NewServer is strict: a request that breaks
// the documented contract, with a misspelt member, page 0 or no content type, fails the test and says why. [WithLenience]
// turns that off. [Service.PeakInFlight] and [Server.Connections] tell how much a client asks at once.
//
// # The real thing
//
// A [Recorder] records exchanges with a real service into a file without secrets and personal data, and a [Replay] answers
// from it offline.
//
// # What it promises
//
// The same options, requests and changes give the same bytes: seeds and the number of requests drive everything, no clock
// does, except for tokens that expire and dates in Retry-After. A page of 500 conferences costs well below a millisecond,
// so that a benchmark measures something else. After Close nothing is left running. The package imports neither testing nor
// net/http/httptest, which would register flags in a program that uses it.
//
// The fake does what the vendor documents: pages from 1 of 20 by default, the filter of conferences with one attendee,
// the token in the header or the body, the envelope. Where nothing is documented it does something plausible and says so
// in the comment of the option that changes it.
package confopenapitest
