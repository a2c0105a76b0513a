package main

import (
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// distinct is over how many conferences the bodies of a task go in turn, so that a branch predictor cannot learn a small
// page by heart as it could in a loop over the same bytes.
const distinct = 1000

// A body is a response of the service: compact JSON, as services in Go and Java write it, with Chinese text in UTF-8 and not
// escaped.
type body struct {
	envelope []byte
	result   []byte // the part of the envelope with the page
}

// bodies makes responses with n conferences each, when they are first needed.
func bodies(n int) func() []body {
	return sync.OnceValue(func() []body { return generate(n) })
}

func generate(n int) []body {
	const (
		head = `{"status":0,"result":`
		tail = `,"msg":"success","request_id":"5f8e1c1b5d0e4b7e9a3c","timestamp":1793610000000,"request_duration":"38.849885ms"}`
	)
	list := make([]body, max(1, distinct/max(n, 20)))
	for i := range list {
		result, err := json.Marshal(confopenapi.ConfList{TotalCount: n, Conferences: confopenapitest.Conferences(n, uint64(i+1))})
		if err != nil {
			panic(err) // the model marshals whatever it holds
		}
		whole := append(append([]byte(head), result...), tail...)
		list[i] = body{envelope: whole, result: whole[len(head) : len(head)+len(result) : len(head)+len(result)]}
	}
	return list
}

// A carousel hands out bodies in turn.
type carousel struct {
	bodies func() []body
	turn   atomic.Uint64
}

func (c *carousel) next() body {
	all := c.bodies()
	return all[(c.turn.Add(1)-1)%uint64(len(all))]
}
