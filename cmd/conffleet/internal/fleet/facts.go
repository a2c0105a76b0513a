package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
)

// learned is what listings learned of the service. Only agree changes it.
type learned struct {
	client   atomic.Pointer[confopenapi.Client] // knows what this worker does
	agreed   confopenapi.Facts                  // what the fleet knew, too
	revision uint64                             // of what the fleet knew last
}

// shareFacts keeps what this worker knows of the service, and what the fleet knows, alike until ctx ends.
func (w *Worker) shareFacts(ctx context.Context) {
	for pause(ctx, beat) {
		_ = w.agree(ctx) // without NATS, the worker goes on with what it knows
	}
}

// agree takes over what other workers learned, or stores what this one learned. If both learned something since they agreed, nobody
// knows which of it still holds, and the fleet forgets it: listings then take some requests more, and learn it anew. A worker that
// is new takes over what there is.
func (w *Worker) agree(ctx context.Context) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	var shared SharedFacts
	entry, err := w.store.shared.Get(ctx, factsKey)
	revision := uint64(0)
	switch {
	case err == nil:
		revision = entry.Revision()
		if err := decode(entry.Value(), &shared); err != nil {
			return err
		}
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return storeError("read the facts", err)
	}
	mine, theirs := w.learned.client.Load().Facts(), shared.Facts
	if _, err := w.learned.client.Load().With(confopenapi.WithFacts(theirs)); err != nil {
		theirs = confopenapi.Facts{} // they are of another base URL, where the fleet listed before
	}
	news, changed := mine != w.learned.agreed, theirs != w.learned.agreed
	w.learned.revision = revision
	switch {
	case mine == theirs:
		w.learned.agreed = mine
	case changed && (!news || w.learned.agreed == confopenapi.Facts{}):
		return w.adopt(theirs)
	case changed:
		if err := w.adopt(confopenapi.Facts{}); err != nil {
			return err
		}
		return w.storeFacts(ctx, confopenapi.Facts{})
	default:
		return w.storeFacts(ctx, mine)
	}
	return nil
}

// adopt has the following listings begin with facts.
func (w *Worker) adopt(facts confopenapi.Facts) error {
	client, err := w.learned.client.Load().With(confopenapi.WithFacts(facts))
	if err == nil {
		w.learned.client.Store(client)
		w.learned.agreed = facts
	}
	return err
}

// storeFacts stores facts, unless another worker has done so since.
func (w *Worker) storeFacts(ctx context.Context, facts confopenapi.Facts) error {
	data, err := json.Marshal(SharedFacts{Version: Version, Facts: facts})
	if err != nil {
		return err
	}
	if _, err = w.store.shared.Update(ctx, factsKey, data, w.learned.revision); err == nil {
		w.learned.agreed = facts
	}
	return storeError("store the facts", err)
}
