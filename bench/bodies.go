package main

import (
	"bytes"
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

// A form is another way to write the same results than the usual one.
type form struct {
	name string
	of   func(result []byte) ([]byte, error)
}

// forms are bodies that are worse for a decoder that expects the documented fields in their order, without white space.
var forms = []form{
	{"the example's spelling", func(result []byte) ([]byte, error) {
		result = bytes.ReplaceAll(result, []byte(`"title":`), []byte(`"confName":`))
		return bytes.ReplaceAll(result, []byte(`"pcode2":`), []byte(`"guestPcode":`)), nil
	}},
	{"an unknown field", func(result []byte) ([]byte, error) {
		return bytes.ReplaceAll(result, []byte(`,"hostId":`), []byte(`,"newField":12,"hostId":`)), nil
	}},
	{"sorted names", func(result []byte) ([]byte, error) {
		var page struct {
			ConfList   []map[string]json.RawMessage `json:"confList"`
			TotalCount int                          `json:"totalCount"`
		}
		if err := json.Unmarshal(result, &page); err != nil {
			return nil, err
		}
		return json.Marshal(page)
	}},
	{"indented", func(result []byte) ([]byte, error) {
		var text bytes.Buffer
		err := json.Indent(&text, result, "", "  ")
		return text.Bytes(), err
	}},
}

// inForm writes results in a form, when they are first needed.
func inForm(f form, responses func() []body) func() []body {
	return sync.OnceValue(func() []body {
		var list []body
		for _, response := range responses() {
			result, err := f.of(response.result)
			if err != nil {
				panic(err) // the results are JSON
			}
			list = append(list, body{result: result})
		}
		return list
	})
}

// A carousel hands out bodies, or what was made of them, in turn.
type carousel[T any] struct {
	all  func() []T
	turn atomic.Uint64
}

func (c *carousel[T]) next() T {
	all := c.all()
	return all[(c.turn.Add(1)-1)%uint64(len(all))]
}
