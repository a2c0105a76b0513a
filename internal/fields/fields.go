// Package fields is the table of a conference's fields: what the tags of confopenapi.Conference say, for programs that list,
// show or check them. All is generated from the tags.
package fields

// Field is a field of a conference.
type Field struct {
	Name     string // in JSON: title
	Or       string // its second spelling, from the vendor's example: confName; "" = none
	Go       string // in confopenapi.Conference: Title
	Chinese  string // the vendor's word: 会议主题
	Kind     Kind
	Evidence Evidence // of Name; that of Or is Example
	Personal bool     // personal data or a secret: not to be shown without leave
	Ticks    bool     // changes by itself while a conference runs
}

// Kind is what a field holds, and in which Go type.
type Kind int

const (
	Text    Kind = iota // string
	Texts               // []string
	Integer             // int, or a type made of it
	ID                  // int64: a name, not a quantity
	Time                // UnixTime
	Flag                // *bool
	Secret              // Secret
)

// Evidence is how well a fact is known.
type Evidence string

const (
	Documented Evidence = "documented" // the vendor's page of the endpoint says so
	Example    Evidence = "example"    // only the example on that page shows it
	Sibling    Evidence = "sibling"    // the vendor's page of another endpoint says so
	Unknown    Evidence = "unknown"    // no source says it
)
