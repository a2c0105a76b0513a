package fleet

import (
	"encoding/json"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// learner is a worker that lists when it is told to.
func learner(t *testing.T, store *Store, srv *confopenapitest.Server) *Worker {
	t.Helper()
	w := &Worker{store: store}
	w.learned.client.Store(srv.Client(confopenapi.WithPacing(false), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})))
	agree(t, w)
	return w
}

func agree(t *testing.T, workers ...*Worker) {
	t.Helper()
	for _, w := range workers {
		if err := w.agree(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *Worker) knows() confopenapi.Facts { return w.learned.client.Load().Facts() }

// requests is how many requests a listing of a worker takes.
func requests(t *testing.T, w *Worker, srv *confopenapitest.Server) int {
	t.Helper()
	before := srv.RequestCount()
	if _, err := w.learned.client.Load().Snapshot(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	return srv.RequestCount() - before
}

// newStore is a store of its own.
func newStore(t *testing.T) *Store {
	t.Helper()
	embedded, err := StartEmbedded(t.TempDir(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Close)
	conn, err := Connect(embedded.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	store, err := Open(t.Context(), conn, Retention{EventsBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestFacts_NewWorkerLearnsNothing(t *testing.T) {
	t.Parallel()
	store, srv := newStore(t), confopenapitest.NewServer(t)
	first := learner(t, store, srv)
	if n := requests(t, first, srv); n < 2 {
		t.Fatalf("got %d requests of a worker that knows nothing, want more, or the test proves nothing", n)
	}
	agree(t, first)
	second := learner(t, store, srv)
	if n := requests(t, second, srv); n != 1 || second.knows() != first.knows() {
		t.Errorf("got %d requests of a new worker that knows %s, want 1, and %s", n, second.knows(), first.knows())
	}
}

func TestFacts_ContradictionReachesOthers(t *testing.T) {
	t.Parallel()
	store, srv := newStore(t), confopenapitest.NewServer(t)
	a, b := learner(t, store, srv), learner(t, store, srv)
	requests(t, a, srv)
	agree(t, a, b)
	before := b.knows()
	srv.Intercept(func(x *confopenapitest.Exchange) { x.RespondPage(3, srv.Live()...) }) // its totals do not count the list any more
	_, _ = a.learned.client.Load().Snapshot(t.Context(), nil, nil)                       // it is incomplete
	agree(t, a, b)
	if b.knows() == before || b.knows() != a.knows() {
		t.Errorf("got a worker that knows %s, want what the other found out, %s, instead of %s", b.knows(), a.knows(), before)
	}
}

// What two workers found out at the same time may contradict each other, so the fleet forgets it.
func TestFacts_BothChangedIsForgotten(t *testing.T) {
	t.Parallel()
	store, srv := newStore(t), confopenapitest.NewServer(t)
	a, b := learner(t, store, srv), learner(t, store, srv)
	requests(t, a, srv)
	agree(t, a, b)
	find := func(w *Worker, what string) {
		var facts confopenapi.Facts
		if err := json.Unmarshal([]byte(`{"baseURL":"`+srv.URL+`/","filterOneAttendee":{"unset":{`+what+`}}}`), &facts); err != nil {
			t.Fatal(err)
		}
		client, err := w.learned.client.Load().With(confopenapi.WithFacts(facts))
		if err != nil {
			t.Fatal(err)
		}
		w.learned.client.Store(client)
	}
	find(a, `"pages":"short"`)
	find(b, `"totals":"page"`)
	agree(t, a, b, a)
	if none := (confopenapi.Facts{}); a.knows() != none || b.knows() != none {
		t.Errorf("got workers that know %s and %s, want nothing", a.knows(), b.knows())
	}
	find(a, `"pages":"short"`)
	agree(t, a, b)
	if a.knows() != b.knows() || b.knows() == (confopenapi.Facts{}) {
		t.Errorf("got workers that know %s and %s, want what the first has found since", a.knows(), b.knows())
	}
}

// Facts of a later version are left alone. Those of another service are replaced.
func TestFacts_OfOthersAreNotAdopted(t *testing.T) {
	t.Parallel()
	store, srv := newStore(t), confopenapitest.NewServer(t)
	put := func(text string) {
		if _, err := store.shared.Put(t.Context(), factsKey, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"v":1,"facts":{"baseURL":"https://other.example.com","filterOneAttendee":{"unset":{"pages":"filled"}}}}`)
	a := learner(t, store, srv)
	if n := requests(t, a, srv); n < 2 {
		t.Errorf("got %d requests with the facts of another service, want those of a worker that knows nothing", n)
	}
	agree(t, a)
	if b := learner(t, store, srv); b.knows() != a.knows() {
		t.Errorf("got a worker that knows %s, want %s", b.knows(), a.knows())
	}
	put(`{"v":2,"facts":{}}`)
	b := &Worker{store: store}
	b.learned.client.Store(srv.Client())
	if err := b.agree(t.Context()); err == nil || b.knows() != (confopenapi.Facts{}) {
		t.Errorf("a later version: got %v and a worker that knows %s, want an error and nothing", err, b.knows())
	}
}
