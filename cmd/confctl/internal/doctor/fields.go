package doctor

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"github.com/confopenapi/confopenapi-go/internal/fields"
)

const (
	maxTallied = 200 // conferences whose fields are looked at, and what came with them on the last page
	maxNames   = 12  // names in a finding
)

// kinds are those of the fields' JSON, as kindOf has them.
var kinds = map[fields.Kind]byte{
	fields.Text: '"', fields.Secret: '"', fields.Texts: '[', fields.Integer: '0', fields.ID: '0', fields.Time: '0', fields.Flag: 't',
}

// tally counts fields of responses by their names and kinds. It keeps no value.
type tally struct {
	pages, conferences int
	named              map[string]int // conferences that have a field of this name
	null               map[string]int
	kinds              map[string]map[byte]int // kinds other than null
	unknown            map[string]int
	envelope           map[string]int
}

func newTally() *tally {
	return &tally{
		named: map[string]int{}, null: map[string]int{}, kinds: map[string]map[byte]int{},
		unknown: map[string]int{}, envelope: map[string]int{},
	}
}

// envelopeMembers are documented; request_id comes only if the service behind gives one.
var envelopeMembers = []string{"status", "result", "msg", "timestamp", "request_duration"}

// see counts the fields of a response, until enough conferences were seen.
func (t *tally) see(body []byte) {
	if t.conferences >= maxTallied {
		return
	}
	var envelope, result map[string]json.RawMessage
	var list []map[string]json.RawMessage
	_ = json.Unmarshal(body, &envelope) // whoever calls has decoded the same
	_ = json.Unmarshal(envelope["result"], &result)
	_ = json.Unmarshal(result["confList"], &list)
	t.pages++
	for name := range envelope {
		t.envelope[name]++
		if name != "request_id" && !slices.Contains(envelopeMembers, name) {
			t.unknown[name]++
		}
	}
	for name := range result {
		if name != "totalCount" && name != "confList" {
			t.unknown[name]++
		}
	}
	for _, conference := range list {
		t.conferences++
		for name, value := range conference {
			t.seeMember(name, value)
		}
	}
}

func (t *tally) seeMember(name string, value json.RawMessage) {
	if !slices.ContainsFunc(fields.All[:], func(f fields.Field) bool { return f.Name == name || f.Or == name }) {
		t.unknown[name]++
		return
	}
	t.named[name]++
	kind := kindOf(value)
	if kind == 'n' {
		t.null[name]++
		return
	}
	if t.kinds[name] == nil {
		t.kinds[name] = map[byte]int{}
	}
	t.kinds[name][kind]++
}

// kindOf is the first byte of a JSON value, with one for all numbers and one for both booleans.
func kindOf(value json.RawMessage) byte {
	switch c := value[0]; {
	case c == '-' || c >= '0' && c <= '9':
		return '0'
	case c == 'f':
		return 't'
	default:
		return c
	}
}

func findMembers(s *session) []Finding {
	t := s.tap.fields
	findings := []Finding{t.spelling(), t.unknowns(), t.nulls(), t.absent(), t.types()}
	if t.conferences == 0 {
		for i := range findings {
			findings[i] = Finding{Check: findings[i].Check, Verdict: Unknown, What: say.Sprintf("No conference was seen.")}
		}
	}
	return findings
}

func (t *tally) spelling() Finding {
	f := Finding{Check: checkFieldsSpelling, Verdict: OK, Evidence: Evidence{"conferences": t.conferences}}
	table, example := 0, 0
	for _, m := range fields.All {
		if m.Or != "" {
			f.Evidence[m.Name], f.Evidence[m.Or] = t.named[m.Name], t.named[m.Or]
			table += t.named[m.Name]
			example += t.named[m.Or]
		}
	}
	switch {
	case table > 0 && example > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Both spellings are sent: title and pcode2 of the field table, confName and guestPcode of the example.")
	case example > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Fields are spelt as in the example, confName and guestPcode, not as in the field table.")
	default:
		f.What = say.Sprintf("Fields are spelt as in the field table: title and pcode2.")
	}
	return f
}

func (t *tally) unknowns() Finding {
	names := safeNames(slices.Sorted(maps.Keys(t.unknown)))
	f := Finding{Check: checkFieldsUnknown, Verdict: OK, What: say.Sprintf("Every field is documented."), Evidence: Evidence{"fields": names}}
	if len(names) > 0 {
		f.Verdict, f.What = Unusual, say.Sprintf("Fields that are not documented: %s.", names)
	}
	return f
}

func (t *tally) nulls() Finding {
	expected, others := []string{}, []string{}
	for _, m := range fields.All {
		for _, name := range []string{m.Name, m.Or} {
			switch {
			case t.null[name] == 0:
			case m.Kind == fields.Flag:
				expected = append(expected, name)
			default:
				others = append(others, name)
			}
		}
	}
	f := Finding{Check: checkFieldsNull, Verdict: OK, Evidence: Evidence{"documented": len(expected), "others": others}}
	switch {
	case len(others) > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Null is sent where it is not documented: %s.", others)
	case len(expected) > 0:
		f.What = say.Sprintf("Null is sent only where it is documented: %s.", expected)
	default:
		f.What = say.Sprintf("No null was seen.")
	}
	return f
}

func (t *tally) absent() Finding {
	never, sometimes := []string{}, []string{}
	for _, m := range fields.All {
		if m.Evidence != fields.Documented {
			continue
		}
		switch n := t.named[m.Name] + t.named[m.Or]; {
		case n == 0:
			never = append(never, m.Name)
		case n < t.conferences:
			sometimes = append(sometimes, m.Name)
		}
	}
	for _, name := range envelopeMembers {
		if t.envelope[name] < t.pages {
			never = append(never, name)
		}
	}
	f := Finding{
		Check: checkFieldsAbsent, Verdict: OK, What: say.Sprintf("No documented field is missing."),
		Evidence: Evidence{"never": never, "sometimes": sometimes, "conferences": t.conferences, "requestIds": t.envelope["request_id"]},
	}
	if len(never)+len(sometimes) > 0 {
		f.Verdict = Unusual
		f.What = say.Sprintf("Documented fields are missing: %s.", append(never, sometimes...))
	}
	return f
}

func (t *tally) types() Finding {
	wrong := []string{}
	for _, m := range fields.All {
		for _, name := range []string{m.Name, m.Or} {
			for kind := range t.kinds[name] {
				if kind != kinds[m.Kind] && !slices.Contains(wrong, name) {
					wrong = append(wrong, name)
				}
			}
		}
	}
	f := Finding{Check: checkFieldsType, Verdict: OK, What: say.Sprintf("Every field has its documented type."), Evidence: Evidence{"fields": wrong}}
	if len(wrong) > 0 {
		f.Verdict, f.What = Unusual, say.Sprintf("Fields whose type differs from the documentation, such as numbers in quotes: %s.", wrong)
	}
	return f
}

var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)

// safeNames are the names of strangers that look like names: what looks otherwise may be data.
func safeNames(names []string) []string {
	out := make([]string, 0, len(names))
	other := false
	for _, name := range names {
		switch {
		case !plainName.MatchString(name) || len(out) == maxNames:
			other = true
		default:
			out = append(out, name)
		}
	}
	if other {
		out = append(out, "…")
	}
	return out
}
