package table

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Picker parses what picks and sorts conferences. Its errors are in the language of its printer.
type Picker struct {
	*message.Printer
	WithPersonalData bool           // allows filters and sorting by personal data, which would reveal masked values
	Location         *time.Location // of times without a zone; nil = this machine's
}

// Condition is what a conference must meet.
type Condition func(*confopenapi.Conference) bool

// condition is a field's name, an operator, which may be as Chinese keyboards have it, and a value; what looks different is a text
// to look for. similar begins with what other programs have for texts that contain a value.
var (
	condition = regexp.MustCompile(`^\s*([^!=<>！＝＜＞≥≤]+?)\s*([!！][=＝]|[=＝]{1,2}|[<>＜＞][=＝]?|[≥≤])\s*(.*?)\s*$`)
	similar   = regexp.MustCompile(`^\s*([^!=~！＝～]+?)\s*[!=！＝]?[~～]`)
	ascii     = strings.NewReplacer("！", "!", "＝", "=", "＜", "<", "＞", ">", "≥", ">=", "≤", "<=")
)

// Condition parses a condition: a text that one of the texts must contain, whatever the case, or a field's name, an
// operator and a value, such as attendeeCnt>=10 or isRecord=true. An empty value is one that is absent. A value that is masked meets
// all conditions.
func (p Picker) Condition(s string) (Condition, error) {
	if parts := similar.FindStringSubmatch(s); parts != nil && p.Named(parts[1]) != nil {
		return nil, errors.New(p.Sprintf("the operators are =, !=, >, >=, <, <=; a text alone is looked for in all texts"))
	}
	if IsPlain(s) {
		return p.contains(s), nil
	}
	parts := condition.FindStringSubmatch(s)
	f, err := p.field(parts[1])
	if err != nil {
		return nil, err
	}
	accepts := operators[ascii.Replace(parts[2])]
	compare, err := p.comparison(f, parts[3])
	if err != nil {
		return nil, err
	}
	return func(c *confopenapi.Conference) bool { return isMasked(f, c) || accepts(compare(c)) }, nil
}

// isMasked reports whether a value is not known, as after a restart, and so may meet any condition.
func isMasked(f *show.Field, c *confopenapi.Conference) bool {
	return f.Personal && f.IsText() && f.Text(c) == show.Masked
}

var operators = map[string]func(int) bool{
	"=":  func(c int) bool { return c == 0 },
	"==": func(c int) bool { return c == 0 },
	"!=": func(c int) bool { return c != 0 },
	"<":  func(c int) bool { return c < 0 },
	"<=": func(c int) bool { return c <= 0 },
	">":  func(c int) bool { return c > 0 },
	">=": func(c int) bool { return c >= 0 },
}

// contains looks also into the numbers that are ids.
func (p Picker) contains(s string) Condition {
	s = strings.ToLower(s)
	return func(c *confopenapi.Conference) bool {
		for _, f := range show.Fields {
			value := ""
			switch {
			case f.Personal && !p.WithPersonalData:
			case isMasked(f, c):
				return true
			case f.IsText():
				value = strings.ToLower(f.Text(c))
			case f.Kind == fields.ID:
				value = strconv.FormatInt(f.Int(c), 10)
			}
			if value != "" && strings.Contains(value, s) {
				return true
			}
		}
		return false
	}
}

// field finds the field that a person names.
func (p Picker) field(name string) (*show.Field, error) {
	f := p.Named(name)
	if f == nil {
		return nil, &FieldError{Name: name, text: p.Sprintf("conferences have no field %q", name)}
	}
	if f.Personal && !p.WithPersonalData {
		return nil, errors.New(p.Sprintf("%s is personal data: add --with-personal-data", f.Name))
	}
	return f, nil
}

// Named is the field with a name in JSON, in Chinese, or at the head of a column; nil = there is none.
func (p Picker) Named(name string) *show.Field {
	for _, f := range show.Fields {
		if strings.EqualFold(f.Name, name) || f.Chinese == name || p.heads(headings[f.Name], name) || p.heads(briefs[f.Name], name) {
			return f
		}
	}
	return nil
}

// heads reports whether a name is that of a column in the language of the printer.
func (p Picker) heads(heading, name string) bool {
	return heading != "" && strings.EqualFold(p.Sprintf(heading), name)
}

// IsPlain reports whether a condition is a text to look for.
func IsPlain(s string) bool { return !condition.MatchString(s) }

// EqualsText reports whether a condition is one that a text is equal to a value, which people take for one that it contains it.
func (p Picker) EqualsText(s string) bool {
	parts := condition.FindStringSubmatch(s)
	if parts == nil || parts[3] == "" {
		return false
	}
	f, operator := p.Named(parts[1]), ascii.Replace(parts[2])
	return f != nil && f.IsText() && (operator == "=" || operator == "==")
}

// FieldError says that there is no field with a name.
type FieldError struct {
	Name string
	text string
}

func (e *FieldError) Error() string { return e.text }

// comparison compares a field with a value that a person gives.
func (p Picker) comparison(f *show.Field, value string) (func(*confopenapi.Conference) int, error) {
	switch {
	case f.IsText():
		return func(c *confopenapi.Conference) int {
			return cmp.Compare(strings.ToLower(f.Text(c)), strings.ToLower(value))
		}, nil
	case f.Kind == fields.Flag && value == "":
		return func(c *confopenapi.Conference) int { return cmp.Compare(rank(f.Flag(c)), rank(nil)) }, nil
	case f.Kind == fields.Flag:
		wanted := slices.IndexFunc(flagWords(p.Printer), func(word string) bool { return strings.EqualFold(word, value) })
		if b, err := strconv.ParseBool(value); err == nil {
			wanted = rank(&b)
		}
		if wanted < 0 {
			return nil, errors.New(p.Sprintf("%s is true, false or empty, not %q", f.Name, value))
		}
		return func(c *confopenapi.Conference) int { return cmp.Compare(rank(f.Flag(c)), wanted) }, nil
	case f.Go == "Status":
		for s := confopenapi.StatusCreated; s <= confopenapi.StatusExpired; s++ {
			if strings.EqualFold(Status(p.Printer, s), value) {
				return func(c *confopenapi.Conference) int { return cmp.Compare(c.Status, s) }, nil
			}
		}
		if _, err := strconv.Atoi(value); err != nil && value != "" {
			return nil, errors.New(p.Sprintf("%s is a number or one of these words, not %q: %s", f.Name, value, locale.List(p.Printer, statuses(p.Printer))))
		}
	}
	n, err := p.parseNumber(value)
	if err != nil {
		return nil, errors.New(p.Sprintf("%s is a number or a time, not %q; write a time like 2026-11-02 09:00", f.Name, value))
	}
	return func(c *confopenapi.Conference) int { return cmp.Compare(f.Int(c), n) }, nil
}

// statuses are the words for statuses, each with its number.
func statuses(p *message.Printer) (words []string) {
	for s := confopenapi.StatusCreated; s <= confopenapi.StatusExpired; s++ {
		if word := Status(p, s); word != strconv.Itoa(int(s)) {
			words = append(words, word+" ("+strconv.Itoa(int(s))+")")
		}
	}
	return words
}

// parseNumber also reads times, of which the service gives the Unix seconds.
func (p Picker) parseNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(cmp.Or(s, "0"), 10, 64)
	for _, layout := range [...]string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if err == nil {
			break
		}
		var t time.Time
		if t, err = time.ParseInLocation(layout, s, cmp.Or(p.Location, time.Local)); err == nil {
			n = t.Unix()
		}
	}
	return n, err
}
