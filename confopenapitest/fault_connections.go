package confopenapitest

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// delivery is one answer on its way to the client.
type delivery struct {
	reply
	w       http.ResponseWriter
	r       *http.Request
	service *Service
	gone    chan struct{} // of a hijacked connection: closed when the client says more, or leaves
}

// Truncate promises the whole answer by its Content-Length and closes the connection after half of it.
func Truncate() Fault {
	return Fault{name: "Truncate()", send: func(d *delivery) {
		d.head(len(d.body))
		d.write(d.body[:len(d.body)/2])
		panic(http.ErrAbortHandler)
	}}
}

// CutChunks sends the answer in chunks and closes the connection after half of it, without the last chunk.
func CutChunks() Fault {
	return Fault{name: "CutChunks()", send: func(d *delivery) {
		d.head(-1)
		d.write(d.body[:len(d.body)/2])
		panic(http.ErrAbortHandler)
	}}
}

// Reset resets the connection instead of answering. It needs HTTP/1.1; otherwise the connection or the stream is aborted.
func Reset() Fault {
	return Fault{name: "Reset()", silent: true, send: func(d *delivery) {
		conn, release := d.hijack()
		defer release()
		inner := conn
		if wrapped, ok := inner.(interface{ NetConn() net.Conn }); ok { // of TLS
			inner = wrapped.NetConn()
		}
		if tcp, ok := inner.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
			_ = tcp.Close() // before TLS could say goodbye
		}
	}}
}

// StaleConnection answers as usual, and closes the connection without notice when the next request comes on it: the
// client meets an idle connection that the server has given up. That next request is not seen by the service. It needs
// HTTP/1.1.
func StaleConnection() Fault {
	return Fault{name: "StaleConnection()", send: func(d *delivery) {
		conn, release := d.hijack()
		defer release()
		if _, err := conn.Write(append(d.rawHead(), d.body...)); err != nil {
			return
		}
		<-d.gone
	}}
}

// Delay answers as usual, after d.
func Delay(d time.Duration) Fault { return Fault{}.After(d).named(fmt.Sprintf("Delay(%s)", d)) }

func (f Fault) named(name string) Fault {
	f.name = name
	return f
}

// pieces is how many pieces slow answers come in.
const pieces = 16

// SlowHeaders sends the status line and the headers piece by piece, over that time altogether, then the body at once. It
// needs HTTP/1.1.
func SlowHeaders(over time.Duration) Fault {
	return Fault{name: fmt.Sprintf("SlowHeaders(%s)", over), send: func(d *delivery) {
		conn, release := d.hijack()
		defer release()
		head := d.rawHead()
		for i := range pieces {
			if _, err := conn.Write(head[len(head)*i/pieces : len(head)*(i+1)/pieces]); err != nil {
				return
			}
			d.wait(over / pieces)
		}
		_, _ = conn.Write(d.body)
	}}
}

// SlowBody sends the headers at once and the body piece by piece, over that time altogether.
func SlowBody(over time.Duration) Fault {
	return Fault{name: fmt.Sprintf("SlowBody(%s)", over), send: func(d *delivery) {
		d.head(len(d.body))
		for i := range pieces {
			d.write(d.body[len(d.body)*i/pieces : len(d.body)*(i+1)/pieces])
			d.wait(over / pieces)
		}
	}}
}

// Huge sends valid JSON of at least size bytes, uncompressed, most of them white space before the answer. It stops when
// the client leaves.
func Huge(size int64) Fault {
	return Fault{name: fmt.Sprintf("Huge(%d)", size), send: func(d *delivery) {
		d.head(-1)
		spaces := bytes.Repeat([]byte(" "), 64<<10)
		for left := size; left > 0; left -= int64(len(spaces)) {
			d.write(spaces)
		}
		d.write(d.body)
	}}
}

// plain sends the answer in one piece.
func (d *delivery) plain() {
	d.head(len(d.body))
	_, _ = d.w.Write(d.body)
}

// head sends nothing yet: it says what will come first. A negative length is unknown.
func (d *delivery) head(length int) {
	maps.Copy(d.w.Header(), d.header)
	if length >= 0 {
		d.w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	d.w.WriteHeader(d.status)
}

// write sends a piece at once. It ends the answer if the client has left.
func (d *delivery) write(piece []byte) {
	_, err := d.w.Write(piece)
	if err == nil {
		err = http.NewResponseController(d.w).Flush()
	}
	if err != nil || d.r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

// wait ends the answer if the client leaves or the server closes meanwhile.
func (d *delivery) wait(pause time.Duration) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return
	case <-d.r.Context().Done():
	case <-d.gone:
	case <-d.service.closing:
	}
	panic(http.ErrAbortHandler)
}

// hijack takes the connection over until release, which closes it. The context of the request no longer tells when the
// client leaves, but gone does.
func (d *delivery) hijack() (conn net.Conn, release func()) {
	conn, _, err := http.NewResponseController(d.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s := d.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
	}
	s.conns[conn] = true
	d.gone = make(chan struct{})
	go func() {
		defer close(d.gone)
		_, _ = conn.Read(make([]byte, 1))
	}()
	return conn, func() {
		_ = conn.Close()
		<-d.gone
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	}
}

// rawHead is the status line and headers of a hijacked connection.
func (d *delivery) rawHead() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", d.status, http.StatusText(d.status))
	header := d.header.Clone()
	header.Set("Content-Length", strconv.Itoa(len(d.body)))
	header.Set("Date", d.service.clock().UTC().Format(http.TimeFormat))
	_ = header.Write(&b) // to memory: it cannot fail
	b.WriteString("\r\n")
	return b.Bytes()
}
