package confopenapi

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/confopenapi/confopenapi-go/internal/redact"
)

// Secret holds a value that must not be shown by accident: a token, or the passcode of a conference. Every verb of fmt, and slog, print
// "[redacted]". In an unexported field of another struct, where fmt calls no methods, they print an address. JSON keeps the value, so
// that no data is lost.
//
// The zero Secret is empty. Compare with Equal; == does not compare the values. A Secret is immutable and safe for concurrent use.
type Secret struct{ p *string }

// NewSecret hides s. The secret of the empty string is the zero Secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{p: &s}
}

// Reveal returns the value in the clear; "" for the zero Secret.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.p == nil || *s.p == "" }

// Equal compares the values, in a time that does not depend on where they differ.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// Format prints what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue shows what Format shows.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// String is "[redacted]", or "" for the zero Secret. Printers that do not know fmt.Formatter call it.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redact.Mark
}

// MarshalJSON keeps the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON takes a string, and leaves s alone for null.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var value string
	if err := json.Unmarshal(data, &value); err != nil {
		return errors.New("confopenapi: a secret must be a JSON string") // encoding/json's own error may quote the value
	}
	*s = NewSecret(value)
	return nil
}
