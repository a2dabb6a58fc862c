package main

import (
	"context"
	"crypto/tls"
	stdjson "encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

// origin serves TLS on a free loopback port, says {"port": N} on stdout and ends when its stdin does.
func origin(args []string) error {
	flags := flag.NewFlagSet("origin", flag.ExitOnError)
	cert := flags.String("cert", "", "certificate chain, PEM")
	key := flags.String("key", "", "private key, PEM")
	http1 := flags.Bool("http1", false, "offer HTTP/1.1 only")
	cassetteFile := flags.String("reference", "", "answer with this cassette's responses, in turn")
	flags.Parse(args)

	handler := http.Handler(exchangeHandler(allExchanges()))
	if *cassetteFile != "" {
		c, err := load(*cassetteFile)
		if err != nil {
			return err
		}
		handler = cassetteHandler(c)
	}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		return err
	}
	small := net.ListenConfig{Control: limitReceiveBuffer}
	listener, err := small.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!*http1)
	server := &http.Server{
		Handler:   handler,
		Protocols: protocols,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	go server.ServeTLS(listener, "", "")
	said := map[string]int{"port": listener.Addr().(*net.TCPAddr).Port}
	if err := stdjson.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	io.Copy(io.Discard, os.Stdin)
	return server.Close()
}

// limitReceiveBuffer keeps the kernel from taking a whole upload that the handler does not read.
func limitReceiveBuffer(_, _ string, conn syscall.RawConn) error {
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 128<<10)
	})
	return errors.Join(err, failed)
}

func exchangeHandler(exchanges []exchange) http.HandlerFunc {
	answers := map[string]http.HandlerFunc{}
	for _, e := range exchanges {
		if answers[e.name] != nil {
			panic("two exchanges named " + e.name)
		}
		answers[e.name] = whole(e.answer)
		if e.early {
			answers[e.name] = e.answer
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.Header.Get(exchangeHeader)]
		if answer == nil {
			http.Error(w, fmt.Sprintf("no exchange %q", r.Header.Get(exchangeHeader)), http.StatusNotImplemented)
			return
		}
		answer(w, r)
	}
}

// cassetteHandler answers request N with interaction N, its body in one chunk for each event.
func cassetteHandler(c *cassette.Cassette) http.HandlerFunc {
	var next atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		n := int(next.Add(1)) - 1
		if n >= len(c.Interactions) {
			http.Error(w, "the cassette is at its end", http.StatusNotImplemented)
			return
		}
		response := c.Interactions[n].Response
		for name, values := range response.Headers {
			w.Header()[name] = values
		}
		if response.ContentLength >= 0 {
			w.Header().Set("Content-Length", fmt.Sprint(response.ContentLength))
		}
		w.WriteHeader(response.Code)
		for _, piece := range events(response.Body) {
			io.WriteString(w, piece)
			w.(http.Flusher).Flush()
		}
	}
}
