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

// Where the strings of a decoded page are. It decides what stays in memory with a conference that is kept.
const (
	ownStrings   = "copied"
	bodyCopy     = "in a copy of the body"
	callersBytes = "in the caller's body"
)

// A decoder decodes the result member of an envelope into a *confopenapi.ConfList or a *wire.Result.
type decoder struct {
	peer
	strings string
	decode  func(result []byte) (any, error)
}

// decoders are this SDK and its peers. Where a peer is used in more than one way, one is what its users mostly write, and
// another is the fastest that it has.
func decoders() []decoder {
	v2Options := jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return []decoder{
		{
			peer{name: "confopenapi", setting: "ConfList.UnmarshalJSON", module: sdkModule},
			ownStrings,
			func(body []byte) (any, error) {
				list := new(confopenapi.ConfList)
				return list, list.UnmarshalJSON(body)
			},
		},
		{
			peer{name: "encoding/json", setting: "Unmarshal"},
			ownStrings,
			into(func(body []byte, r *wire.Result) error { return json.Unmarshal(body, r) }),
		},
		{
			peer{name: "go-json-experiment", setting: "v2 Unmarshal, without its checks of names and UTF-8", module: "github.com/go-json-experiment/json"},
			ownStrings,
			into(func(body []byte, r *wire.Result) error { return jsonv2.Unmarshal(body, r, v2Options) }),
		},
		{
			peer{name: "segmentio", setting: "Unmarshal", module: "github.com/segmentio/encoding"},
			ownStrings,
			into(func(body []byte, r *wire.Result) error { return segmentio.Unmarshal(body, r) }),
		},
		{
			peer{name: "segmentio", setting: "Parse, ZeroCopy, exact case", module: "github.com/segmentio/encoding"},
			callersBytes,
			into(func(body []byte, r *wire.Result) error {
				_, err := segmentio.Parse(body, r, segmentio.ZeroCopy|segmentio.DontMatchCaseInsensitiveStructFields)
				return err
			}),
		},
		{
			peer{name: "easyjson", setting: "nocopy", module: "github.com/mailru/easyjson"},
			callersBytes,
			into(func(body []byte, r *wire.Result) error { return easyjson.Unmarshal(body, r) }),
		},
		{
			peer{name: "jx", setting: "by hand", module: "github.com/go-faster/jx"},
			ownStrings,
			into(decodeWithJX),
		},
		{
			peer{name: "goccy", setting: "Unmarshal", module: "github.com/goccy/go-json"},
			ownStrings,
			into(func(body []byte, r *wire.Result) error { return goccy.Unmarshal(body, r) }),
		},
		{
			peer{name: "goccy", setting: "DecodeNoCopyString, DecodeFieldPriorityFirstWin", module: "github.com/goccy/go-json"},
			callersBytes,
			into(func(body []byte, r *wire.Result) error {
				return goccy.UnmarshalWithOption(body, r, goccy.DecodeNoCopyString(), goccy.DecodeFieldPriorityFirstWin())
			}),
		},
		{
			peer{name: "sonic", setting: "Unmarshal", module: sonicModule},
			bodyCopy,
			into(func(body []byte, r *wire.Result) error { return sonic.Unmarshal(body, r) }),
		},
		{
			peer{name: "sonic", setting: "ConfigFastest, from a string", module: sonicModule}, callersBytes, into(sonicFastest),
		},
		{
			peer{name: "sonic", setting: "SONIC_USE_OPTDEC=1, Unmarshal", module: sonicModule, env: sonicOptDec},
			bodyCopy,
			into(func(body []byte, r *wire.Result) error { return sonic.Unmarshal(body, r) }),
		},
		{
			peer{name: "sonic", setting: "SONIC_USE_OPTDEC=1, ConfigFastest, from a string", module: sonicModule, env: sonicOptDec},
			callersBytes,
			into(sonicFastest),
		},
	}
}

const (
	sdkModule   = "github.com/confopenapi/confopenapi-go"
	benchModule = sdkModule + "/bench"
	sonicModule = "github.com/bytedance/sonic"
	sonicOptDec = "SONIC_USE_OPTDEC=1"
)

// sonicFastest spares sonic the copy of the body that its Unmarshal makes.
func sonicFastest(body []byte, r *wire.Result) error {
	return sonic.ConfigFastest.UnmarshalFromString(unsafe.String(unsafe.SliceData(body), len(body)), r)
}

func into(decode func([]byte, *wire.Result) error) func([]byte) (any, error) {
	return func(body []byte) (any, error) {
		result := new(wire.Result)
		return result, decode(body, result)
	}
}
