// Package confopenapi is a client of the conference open API's list of live conferences (实时会议列表). It is unofficial.
//
// Most programs need two calls:
//
//	client, err := confopenapi.NewClient("https://host/prefix", confopenapi.WithToken(token))
//	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: 100})
//
// Make one [Client] and share it: it is immutable, safe for concurrent use, and holds the connections.
//
// # Authentication
//
// The service takes a token in a header, in the body, or in both: [WithTokenPlacement]. [WithToken] gives a fixed one. For
// tokens that expire, [WithTokenSource] takes a [TokenSource], which [CacheTokens] makes cheap; a token that the service
// refuses is then replaced and the call replayed, once. How tokens are obtained is not documented for this service.
//
// # Listing
//
// The list is live: while it is read page by page, a conference that ends moves all later ones up, so that the next page
// skips one, and one that starts makes it repeat one. There are five ways to read it:
//
//   - [Client.ListByStatus] lists one page: what the service said at one instant.
//   - [Pager.Pages] yields the service's pages in turn, with a [Cursor] for [Pager.PagesFrom] to go on later. It can skip and
//     repeat conferences.
//   - [Pager.All] yields every conference once, with one request in flight and little memory. It reads pages that overlap and
//     proves by what they share that nothing was lost; if it cannot, an *[IncompleteError] comes last. Most programs want it.
//   - [Client.Snapshot] proves the same with several requests in flight, and returns the whole list with a [Report].
//   - [Client.Watch] polls snapshots and yields what changed, and goes on after a restart from a [Watcher]. A poll that fails
//     is an event; an error ends the watch.
//
// A [Verdict] says what was proven, and a [Reason] why not more:
//
//	for conf, err := range client.Pager(req, nil).All(ctx) {
//		if err != nil {
//			return err // errors.Is(err, confopenapi.ErrIncomplete): something may be missing
//		}
//		…
//	}
//
// TotalCount and the pages need not agree, so no listing relies on it alone.
//
// WithTimeout bounds each call of a listing, not the listing: only its context does. A listing that the caller ends, by a
// break or by PagerOptions.MaxItems, yields no error.
//
// [Call] reaches other endpoints of the service that have the same envelope.
//
// # Values
//
// The models follow the vendor's field table and accept what its example and its sibling endpoints do differently: drifted
// spellings, integers in quotes, null. What may be null is a pointer, what this version does not know is kept in Extra,
// and enumerations are open integers. The comments say for each fact whether it is documented, only seen in the example,
// known from a sibling endpoint, or unknown.
//
// # Errors and retries
//
// A call that returns no error got what it asked for: an answer without a status, or without a result, is a failure
// even with HTTP 200. Before anything is sent errors are a *[RequestError]. After that, a *[StatusError] is the service's
// refusal, an *[HTTPError] an answer that is not 2xx, a *[DecodeError] one that is not the promised JSON, and a
// *[TransportError] none at all, or the caller's own cancellation, which errors.Is finds. An *[IncompleteError] says that a
// listing may lack something. The sentinels, such as [ErrUnauthorized] and [ErrRateLimited], cut across the types, [MetaOf]
// gives the request id behind any of them, and [IsRetryable] says whether the same call may succeed later.
//
// What may pass by itself is retried with growing, random waits, within [RetryPolicy]; what the server asks for in
// Retry-After is honoured up to a limit. All calls of a client share a budget of retries, so that a service in trouble is
// not met with a multiple of the load; a call that it ends says so. The vendor publishes no table of business statuses:
// [WithStatusErrors] says which of them mean an expired token, or trouble that passes. Without it, an expired token that is
// reported as a business status is not refreshed. No redirect is followed, because the token would go along.
//
// # Secrets and personal data
//
// Errors, log records and what fmt and slog show of this package's values hold no token, passcode, name, address or
// telephone number. JSON keeps everything, so that no data is lost: see [Conference] for what that means for logs.
//
// # Testing
//
// Package confopenapitest has a fake server: one line in a test starts it, and Client gives a client of it.
//
// # Guides
//
// The repository's directory docs has guides to authentication, listing, errors, observability and testing, and to what a
// program with hand-written calls, or one that needs another endpoint, does step by step. They are in English and Chinese.
//
// # Compatibility
//
// The module follows semantic versioning; before v1 a minor version may break, which the change log then tells. Fields and
// methods may be added at any time, so use field names in literals. Error texts, log records and String methods are for
// people and may change. docs/compatibility.md has the whole policy, with the versions of Go.
package confopenapi
