package confopenapitest

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Truncate announces the whole response in Content-Length and closes the connection after half of the body.
func Truncate() Fault {
	return Fault{name: "Truncate()", send: func(d *delivery) { d.half(len(d.body)) }}
}

// Reset resets the connection instead of responding. Over HTTP/2 and in memory the response is aborted.
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
			_ = tcp.Close() // TLS must not send its close message first
		}
	}}
}

// SlowBody sends the headers at once and the body piece by piece; the whole body takes the given time.
func SlowBody(over time.Duration) Fault {
	return Fault{name: fmt.Sprintf("SlowBody(%s)", over), send: func(d *delivery) {
		d.head(len(d.body))
		for piece := range pieces(d.body) {
			d.write(piece)
			d.wait(over / pieceCount)
		}
	}}
}

// slowHeaders sends the status line and the headers piece by piece, then the body at once. It needs HTTP/1.1.
func slowHeaders(over time.Duration) Fault {
	return Fault{name: "slow headers", send: func(d *delivery) {
		conn, release := d.hijack()
		defer release()
		for piece := range pieces(d.rawHead()) {
			if _, err := conn.Write(piece); err != nil {
				return
			}
			d.wait(over / pieceCount)
		}
		_, _ = conn.Write(d.body)
	}}
}

// pieces cuts a text into about 16 pieces.
func pieces(b []byte) iter.Seq[[]byte] { return slices.Chunk(b, max(1, len(b)/pieceCount)) }

const pieceCount = 16

// huge sends at least size bytes of JSON, uncompressed and mostly white space, until the client disconnects.
func huge(size int64) Fault {
	return Fault{name: "huge", send: func(d *delivery) {
		d.head(-1)
		spaces := bytes.Repeat([]byte(" "), 64<<10)
		for left := size; left > 0; left -= int64(len(spaces)) {
			d.write(spaces)
		}
		d.write(d.body)
	}}
}

// delivery is one response on its way to the client.
type delivery struct {
	reply
	w      http.ResponseWriter
	r      *http.Request
	server *Server
	gone   chan struct{} // of a hijacked connection: closed when the client sends more or disconnects
}

// plain sends the response in one piece.
func (d *delivery) plain() {
	d.head(len(d.body))
	_, _ = d.w.Write(d.body)
}

// half sends half of the body and aborts. The headers promise length bytes; a negative length means chunks.
func (d *delivery) half(length int) {
	d.head(length)
	d.write(d.body[:len(d.body)/2])
	panic(http.ErrAbortHandler)
}

// goStale responds as usual, and closes the connection without notice when the next request arrives on it. The server does
// not count that request. It needs HTTP/1.1.
func (d *delivery) goStale() {
	conn, release := d.hijack()
	defer release()
	if _, err := conn.Write(append(d.rawHead(), d.body...)); err == nil {
		<-d.gone
	}
}

// head sends status and headers. A negative length means chunks.
func (d *delivery) head(length int) {
	maps.Copy(d.w.Header(), d.header)
	if length >= 0 {
		d.w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	d.w.WriteHeader(d.status)
}

// write sends a piece at once. It aborts the response if the client has disconnected.
func (d *delivery) write(piece []byte) {
	_, err := d.w.Write(piece)
	if err == nil {
		err = http.NewResponseController(d.w).Flush()
	}
	if err != nil || d.r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

// wait aborts the response if the client disconnects or the server closes meanwhile.
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
	case <-d.server.closing:
	}
	panic(http.ErrAbortHandler)
}

// hijack takes the connection over until release, which closes it. From then on, the request's context does not end when the
// client disconnects; d.gone is closed instead.
func (d *delivery) hijack() (conn net.Conn, release func()) {
	conn, _, err := http.NewResponseController(d.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s := d.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
	}
	s.hijacked[conn] = true
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
		delete(s.hijacked, conn)
	}
}

// rawHead is the status line and headers of a hijacked connection.
func (d *delivery) rawHead() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", d.status, http.StatusText(d.status))
	header := d.header.Clone()
	header.Set("Content-Length", strconv.Itoa(len(d.body)))
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_ = header.Write(&b) // to memory: it cannot fail
	b.WriteString("\r\n")
	return b.Bytes()
}
