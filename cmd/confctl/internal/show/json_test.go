package show_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

func TestJSONEscapesWhatIsInvisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"周例会 <b>&":        `"周例会 <b>&"`,
		"\u009b31m\u007f": `"\u009b31m\u007f"`,
		"a\u0085b\u2028c": `"a\u0085b\u2028c"`,
		"\u202egnp\ufeff": `"\u202egnp\ufeff"`,
		"🏴\U000e0067":     `"🏴\udb40\udc67"`,
		"👨\u200d👩":        "\"👨\u200d👩\"", // an emoji of two
		"\u200b":          `"\u200b"`,
		"\u0090q\u009c":   `"\u0090q\u009c"`, // a device control string
		"soft\u00adly":    `"soft\u00adly"`,
		"\u2066a\u2069":   `"\u2066a\u2069"`, // isolates
		"\u061c":          `"\u061c"`,
	} {
		var out bytes.Buffer
		var back string
		if err := show.JSON(&out, text); err != nil || out.String() != want+"\n" {
			t.Errorf("%q: got %s and %v, want %s", text, out.String(), err, want)
		}
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != text {
			t.Errorf("%q: got %q back, and %v", text, back, err)
		}
	}
}
