package main

import (
	"encoding/json"
	"unsafe"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	goccy "github.com/goccy/go-json"
	"github.com/mailru/easyjson"
	segmentio "github.com/segmentio/encoding/json"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// The modules that occur more than once.
const (
	sdkModule       = "github.com/confopenapi/confopenapi-go"
	benchModule     = sdkModule + "/bench"
	goccyModule     = "github.com/goccy/go-json"
	segmentioModule = "github.com/segmentio/encoding"
	sonicModule     = "github.com/bytedance/sonic"
	v2Module        = "github.com/go-json-experiment/json"
	easyjsonModule  = "github.com/mailru/easyjson"
	jxModule        = "github.com/go-faster/jx"
)

// sonicOptDec makes sonic decode without its compiler. It looks when a program starts.
const (
	sonicVariable = "SONIC_USE_OPTDEC"
	sonicOptDec   = sonicVariable + "=1"
)

// Where the strings of a decoded page are. It decides what stays in memory with a conference that is kept.
const (
	copied    = "copied"
	inCopy    = "in a copy of the body"
	inCallers = "in the caller's body"
)

// A decoder decodes the result field of an envelope into a *confopenapi.ConfList or a *wire.Result.
type decoder struct {
	peer
	strings string
	decode  func(result []byte) (any, error)
}

// decoders are this SDK and its peers. Where a peer is here in more than one way, the first is what its users mostly write,
// and the last the fastest that it has.
func decoders() []decoder {
	return []decoder{
		{peer{name: "confopenapi", setting: "ConfList.UnmarshalJSON", module: sdkModule}, copied, decodeWithSDK},
		{peer{name: "encoding/json", setting: "Unmarshal"}, copied, unmarshal(json.Unmarshal)},
		{peer{name: "go-json-experiment", setting: "v2 Unmarshal, names and UTF-8 unchecked", module: v2Module}, copied, into(v2Fastest)},
		{peer{name: "segmentio", setting: "Unmarshal", module: segmentioModule}, copied, unmarshal(segmentio.Unmarshal)},
		{peer{name: "segmentio", setting: "Parse, ZeroCopy, exact case", module: segmentioModule}, inCallers, into(segmentioFastest)},
		{peer{name: "easyjson", setting: "nocopy", module: easyjsonModule}, inCallers, into(decodeWithEasyJSON)},
		{peer{name: "jx", setting: "by hand", module: jxModule}, copied, into(decodeWithJX)},
		{peer{name: "goccy", setting: "Unmarshal", module: goccyModule}, copied, unmarshal(goccy.Unmarshal)},
		{peer{name: "goccy", setting: "NoCopyString, FirstWin", module: goccyModule}, inCallers, into(goccyFastest)},
		{peer{name: "sonic", setting: "Unmarshal", module: sonicModule}, inCopy, unmarshal(sonic.Unmarshal)},
		{peer{name: "sonic", setting: "ConfigFastest, from a string", module: sonicModule}, inCallers, into(sonicFastest)},
		{peer{name: "sonic", setting: "OPTDEC, Unmarshal", module: sonicModule, env: sonicOptDec}, inCopy, unmarshal(sonic.Unmarshal)},
		{peer{name: "sonic", setting: "OPTDEC, ConfigFastest, from a string", module: sonicModule, env: sonicOptDec}, inCallers, into(sonicFastest)},
	}
}

func unmarshal(f func([]byte, any) error) func([]byte) (any, error) {
	return into(func(body []byte, r *wire.Result) error { return f(body, r) })
}

func into(decode func([]byte, *wire.Result) error) func([]byte) (any, error) {
	return func(body []byte) (any, error) {
		r := new(wire.Result)
		return r, decode(body, r)
	}
}

func decodeWithSDK(body []byte) (any, error) {
	list := new(confopenapi.ConfList)
	return list, list.UnmarshalJSON(body)
}

func decodeWithEasyJSON(body []byte, r *wire.Result) error { return easyjson.Unmarshal(body, r) }

var v2Options = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// v2Fastest leaves out what the other peers do not do either.
func v2Fastest(body []byte, r *wire.Result) error { return jsonv2.Unmarshal(body, r, v2Options) }

func segmentioFastest(body []byte, r *wire.Result) error {
	_, err := segmentio.Parse(body, r, segmentio.ZeroCopy|segmentio.DontMatchCaseInsensitiveStructFields)
	return err
}

func goccyFastest(body []byte, r *wire.Result) error {
	return goccy.UnmarshalWithOption(body, r, goccy.DecodeNoCopyString(), goccy.DecodeFieldPriorityFirstWin())
}

// sonicFastest spares sonic the copy of the body that its Unmarshal makes.
func sonicFastest(body []byte, r *wire.Result) error {
	return sonic.ConfigFastest.UnmarshalFromString(unsafe.String(unsafe.SliceData(body), len(body)), r)
}
