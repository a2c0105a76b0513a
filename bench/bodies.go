package main

import (
	"encoding/json"
	"fmt"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// distinct is over how many conferences a task's bodies go in turn, so that a branch predictor cannot learn a small page by
// heart as it could in a loop over the same bytes.
const distinct = 1000

// results makes the result members of pages with n conferences each: compact JSON, as services in Go and Java write it,
// with Chinese text in UTF-8 and not escaped.
func results(n int) [][]byte {
	bodies := make([][]byte, max(1, distinct/max(n, 20)))
	for i := range bodies {
		list := confopenapi.ConfList{TotalCount: n, Conferences: confopenapitest.Conferences(n, uint64(i+1))}
		text, err := json.Marshal(list)
		if err != nil {
			panic(err) // the model marshals whatever it holds
		}
		bodies[i] = text
	}
	return bodies
}

// envelope puts the documented frame around a result.
func envelope(result []byte) []byte {
	return fmt.Appendf(nil, `{"status":0,"result":%s,"msg":"success","request_id":"5f8e1c1b5d0e4b7e9a3c","timestamp":1793610000000,"request_duration":"38.849885ms"}`, result)
}

// carousel hands out bodies in turn.
type carousel struct {
	bodies [][]byte
	next   int
}

func (c *carousel) body() []byte {
	body := c.bodies[c.next]
	c.next = (c.next + 1) % len(c.bodies)
	return body
}
