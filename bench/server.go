package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// serve responds on loopback until its input ends, and first prints its address. It is a process of its own, so that its cost
// is not counted.
func serve(in io.Reader, out io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: service(callSizes...), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err := fmt.Fprintf(out, "http://%s\n", listener.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	err = errors.Join(err, server.Close())
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// startServer starts a server and returns its address.
func startServer(ctx context.Context) (*helper, string, error) {
	h, err := start(ctx, serverRole)
	if err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(h.out).ReadString('\n')
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("the server does not say where it is: %w", err), h.close())
	}
	return h, strings.TrimSpace(line), nil
}
