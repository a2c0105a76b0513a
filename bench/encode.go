package main

import (
	"bytes"
	"encoding/json"

	"github.com/bytedance/sonic"
	"github.com/bytedance/sonic/encoder"
	jsonv2 "github.com/go-json-experiment/json"
	goccy "github.com/goccy/go-json"
	"github.com/mailru/easyjson"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// A page is what a body says, for the SDK and for the peers.
type page struct {
	sdk  *confopenapi.ConfList
	wire *wire.Result
}

func decoded(responses []body) []page {
	var pages []page
	for _, response := range responses {
		list := new(confopenapi.ConfList)
		if err := list.UnmarshalJSON(response.result); err != nil {
			panic(err) // the bodies are of this program
		}
		pages = append(pages, page{list, wire.Of(list)})
	}
	return pages
}

// An encoding encodes a page, or each of its conferences over the last one, and returns what it wrote last.
type encoding struct {
	peer
	encode func(page) ([]byte, error)
}

// encoders make a text of a page, in memory that they allocate. The peers have the settings with which they are fastest.
func encoders() []encoding {
	return []encoding{
		{peer{name: "confopenapi", setting: "ConfList.MarshalJSON", module: sdkModule}, func(p page) ([]byte, error) { return p.sdk.MarshalJSON() }},
		{peer{name: "encoding/json", setting: "Marshal"}, marshal(json.Marshal)},
		{peer{name: "go-json-experiment", setting: "v2 Marshal, names and UTF-8 unchecked", module: v2Module}, marshal(v2Marshal)},
		{peer{name: "easyjson", setting: "Marshal", module: easyjsonModule}, func(p page) ([]byte, error) { return easyjson.Marshal(p.wire) }},
		{peer{name: "jx", setting: "by hand", module: jxModule}, encodeWithJX},
		{peer{name: "goccy", setting: "Marshal", module: goccyModule}, marshal(goccy.Marshal)},
		{peer{name: "goccy", setting: "without HTML escapes and UTF-8 checks", module: goccyModule}, marshal(goccyMarshal)},
		{peer{name: "sonic", setting: "Marshal", module: sonicModule}, marshal(sonic.Marshal)},
		{peer{name: "sonic", setting: "ConfigFastest", module: sonicModule}, marshal(sonic.ConfigFastest.Marshal)},
	}
}

// appenders encode conferences one by one, as for lines of NDJSON, each into the same memory.
func appenders() []encoding {
	return []encoding{
		{peer{name: "confopenapi", setting: "Conference.AppendJSON", module: sdkModule}, appendWithSDK()},
		{peer{name: "encoding/json", setting: "Encoder"}, appendWithEncoder()},
		{peer{name: "go-json-experiment", setting: "v2 MarshalWrite, names and UTF-8 unchecked", module: v2Module}, appendWithV2()},
		{peer{name: "jx", setting: "by hand", module: jxModule}, appendWithJX()},
		{peer{name: "sonic", setting: "EncodeInto", module: sonicModule}, appendWithSonic()},
	}
}

func marshal(f func(any) ([]byte, error)) func(page) ([]byte, error) {
	return func(p page) ([]byte, error) { return f(p.wire) }
}

func v2Marshal(v any) ([]byte, error) { return jsonv2.Marshal(v, v2Options) }

func goccyMarshal(v any) ([]byte, error) {
	return goccy.MarshalWithOption(v, goccy.DisableHTMLEscape(), goccy.DisableNormalizeUTF8())
}

func appendWithSDK() func(page) ([]byte, error) {
	var line []byte
	return func(p page) ([]byte, error) {
		for i := range p.sdk.Conferences {
			line = p.sdk.Conferences[i].AppendJSON(line[:0])
		}
		return line, nil
	}
}

func appendWithEncoder() func(page) ([]byte, error) {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	return lineByLine(&line, func(c *wire.Conference) error { return e.Encode(c) })
}

func appendWithV2() func(page) ([]byte, error) {
	var line bytes.Buffer
	return lineByLine(&line, func(c *wire.Conference) error { return jsonv2.MarshalWrite(&line, c, v2Options) })
}

func lineByLine(line *bytes.Buffer, encode func(*wire.Conference) error) func(page) ([]byte, error) {
	return func(p page) ([]byte, error) {
		for i := range p.wire.ConfList {
			line.Reset()
			if err := encode(&p.wire.ConfList[i]); err != nil {
				return nil, err
			}
		}
		return line.Bytes(), nil
	}
}

func appendWithSonic() func(page) ([]byte, error) {
	var line []byte
	return func(p page) ([]byte, error) {
		for i := range p.wire.ConfList {
			line = line[:0]
			if err := encoder.EncodeInto(&line, &p.wire.ConfList[i], encoder.NoQuoteTextMarshaler|encoder.NoValidateJSONMarshaler); err != nil {
				return nil, err
			}
		}
		return line, nil
	}
}
