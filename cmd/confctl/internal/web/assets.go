package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

// The files in dist are built from ui by "make web".
//
//go:embed dist
var dist embed.FS

// asset is a file of the page.
type asset struct {
	path, kind, etag string
	body, zip        []byte
}

func assets() (list []*asset) {
	files, err := dist.ReadDir("dist")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, file := range files {
		body, err := dist.ReadFile("dist/" + file.Name())
		if err != nil {
			panic("web: " + err.Error())
		}
		a := &asset{path: "/" + file.Name(), kind: mime.TypeByExtension(path.Ext(file.Name())), body: body, zip: zipped(body)}
		a.etag = fmt.Sprintf(`W/"%x"`, sha256.Sum256(body))
		if file.Name() == "index.html" {
			a.path = "/{$}"
		}
		list = append(list, a)
	}
	return list
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	respond(w, r, a.kind, a.etag, a.body, a.zip)
}

// respond sends a body, or says that the reader has it.
func respond(w http.ResponseWriter, r *http.Request, kind, etag string, body, zip []byte) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Vary", "Accept-Encoding, Authorization")
	header.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", kind)
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		body = zip
	}
	_, _ = w.Write(body) // an error: the reader has gone
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = w.Write(body)
	_ = w.Close() // a buffer takes everything
	return b.Bytes()
}
