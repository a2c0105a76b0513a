package export

import (
	"io"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// ndjsonWriter writes a whole conference a line, in the service's own form.
type ndjsonWriter struct {
	w    io.Writer
	line []byte // scratch
}

func (n *ndjsonWriter) Write(c *confopenapi.Conference) error {
	n.line = c.AppendJSON(n.line[:0])
	_, err := n.w.Write(append(show.EscapeJSON(n.line), '\n'))
	return err
}

func (*ndjsonWriter) Finish() error { return nil }

func (*ndjsonWriter) Close() {}
