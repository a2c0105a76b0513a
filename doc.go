// Package confopenapi is a client of the list of live conferences (实时会议列表) in the cloud conference open API of Quanshi (全时). It is
// unofficial, and was never run against the vendor's service.
//
// The smallest program needs two calls:
//
//	client, err := confopenapi.NewClient("https://host/prefix", confopenapi.WithToken(token))
//	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: 100})
//
// Make one [Client] and share it: it is immutable, safe for concurrent use, and holds the connections.
//
// # Authentication
//
// [WithToken] gives a fixed token. For tokens that expire, [WithTokenSource] takes a [TokenSource]: wrap yours in [CacheTokens].
// [WithTokenPlacement] says where requests carry it. How tokens are obtained is not documented for this service.
//
// # Listing
//
// The list is live. While it is read page by page, a conference that ends moves all later ones up, so the next page skips one. One
// that starts makes the next page repeat one. There are six ways to read it:
//
//   - [Client.ListByStatus] lists one page: what the service said at one instant.
//   - [Pager.Pages] yields the service's pages in turn, with a [Cursor] for [Pager.PagesFrom]. It can skip and repeat conferences.
//   - [Pager.All] yields every conference once, with one request in flight and little memory. It proves that nothing was lost; if
//     it cannot, an *[IncompleteError] comes last. Most programs want it.
//   - [Client.Snapshot] proves the same with several requests in flight, and returns the whole list with a [Report].
//   - [Client.Watch] polls snapshots and yields what changed. A poll that fails is an event. With a [Watcher], a watch goes on after a restart.
//   - [Client.View] keeps the list in memory, for any number of readers and subscribers, with one [Client.Watch].
//
// An error ends an iterator. A [Verdict] says what was proven. If that is not everything, a [Reason] says why:
//
//	for conf, err := range client.Pager(req, nil).All(ctx) {
//		if err != nil {
//			return err // errors.Is(err, confopenapi.ErrIncomplete): something may be missing
//		}
//		…
//	}
//
// [WithTimeout] bounds each call of a listing, with its retries. Only the context given to the listing bounds all of it.
// [Call] reaches other endpoints whose responses have the same envelope: a JSON object with status, msg and result.
//
// # Errors and retries
//
// A call without an error got what it asked for. The types of errors say what went wrong: *[RequestError], *[StatusError],
// *[HTTPError], *[DecodeError] and *[TransportError]. A sentinel, such as [ErrUnauthorized], matches errors of several types.
// [MetaOf] gives the request id, and [IsRetryable] says whether the same call may succeed later. A failure that may pass by
// itself is retried, as [RetryPolicy] says.
//
// A business status is the status of the envelope. The vendor publishes no table of them: without [WithStatusErrors] none is retried or
// refreshes a token.
//
// # Secrets and personal data
//
// Errors, log records and what fmt and slog show of this package's values hold no token, passcode, name, address or telephone number.
// JSON keeps everything, so that no data is lost: see [Conference] for what that means for logs.
//
// # Testing, guides, compatibility
//
// Package confopenapitest has a fake server for tests. The directory docs of the repository has guides in English and Chinese. The
// module follows semantic versioning; before v1 a minor version may break, and the change log says so. Error texts, log records and
// what values print are for people and may change.
package confopenapi
