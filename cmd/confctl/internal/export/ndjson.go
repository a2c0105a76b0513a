package export

import (
	"io"

	"github.com/confopenapi/confopenapi-go"
)

// ndjsonWriter writes a whole conference a line, in the service's own form.
type ndjsonWriter struct {
	w    io.Writer
	line []byte // scratch
}

func (n *ndjsonWriter) Write(c *confopenapi.Conference) error {
	n.line = append(c.AppendJSON(n.line[:0]), '\n')
	_, err := n.w.Write(n.line)
	return err
}

func (*ndjsonWriter) Finish() error { return nil }

func (*ndjsonWriter) Close() {}
