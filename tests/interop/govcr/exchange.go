package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// exchangeHeader carries an exchange's name to the origin, so that an exchange is free in its target. It is not
// among the kept headers: no cassette shows it.
const exchangeHeader = "X-Exchange"

// An exchange is one request and how the origin answers it. The table of them is the union of the *Exchanges
// variables in the files beside this one.
type exchange struct {
	name    string
	method  string // GET when empty
	target  string // path, query, fragment as they stand in the client's URL; "/NAME" when empty
	bare    bool   // target is empty and means it
	user    string // userinfo of the client's URL
	host    string // Host of the request, when it is not the URL's
	header  http.Header
	body    string
	unsized bool // the body's length is not known beforehand
	trailer http.Header
	only    string // "h1": cannot be said over HTTP/2
	early   bool   // the origin answers before it has read the body
	answer  http.HandlerFunc
}

func allExchanges() []exchange {
	return slices.Concat(bodyExchanges, statusExchanges, headerExchanges, codingExchanges, requestExchanges)
}

// A trailing sends its trailers when its bytes are all read, as a client does that computes them on the way.
type trailing struct {
	io.Reader
	into, values http.Header
}

func (t *trailing) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF {
		for name, values := range t.values {
			t.into[name] = values
		}
	}
	return n, err
}

func (e *exchange) request(origin string) (*http.Request, error) {
	target := e.target
	if target == "" && !e.bare {
		target = "/" + e.name
	}
	if e.user != "" {
		origin = strings.Replace(origin, "://", "://"+e.user+"@", 1)
	}
	var body io.Reader
	switch {
	case e.unsized:
		body = io.MultiReader(strings.NewReader(e.body))
	case e.body != "":
		body = bytes.NewReader([]byte(e.body))
	}
	trailer := http.Header{}
	if e.trailer != nil {
		body = &trailing{Reader: body, into: trailer, values: e.trailer}
	}
	method := e.method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequest(method, origin+target, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, err)
	}
	if e.trailer != nil {
		for name := range e.trailer {
			trailer[name] = nil
		}
		req.Trailer = trailer
	}
	if e.host != "" {
		req.Host = e.host
	}
	for name, values := range e.header {
		req.Header[name] = values
	}
	req.Header.Set(exchangeHeader, e.name)
	return req, nil
}

// text answers 200 with a content type and a body, whose length net/http finds by itself when it is short.
func text(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

// pieces answers 200 with a body that leaves piece by piece, its length unknown.
func pieces(contentType string, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for _, part := range parts {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	}
}

// status answers with a code, headers (name, value, name, value, ...) and a body.
func status(code int, body string, pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Add(pairs[i], pairs[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// raw answers with these very bytes and closes: what net/http's server would never say. HTTP/1.1 only. It says
// that it closes, so that no client tries the connection once more.
func raw(answer string) http.HandlerFunc {
	answer = strings.Replace(answer, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, answer)
	}
}

// whole has the request's body read before the answer begins: go-vcr's recorded body is what the transport had
// sent by then, which is else a race.
func whole(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}
}

// echo answers with the request's own body and content type.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	io.Copy(w, r.Body)
}

// heard answers with what the origin understood of the request, so that a proxy that spoils it shows.
func heard(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %s\nhost %s\nlength %d\ntrailer %v\nagent %q\naccept %q\n%q\n", r.Method, r.RequestURI,
		r.Host, len(body), r.Trailer, r.Header["User-Agent"], r.Header["Accept"], body)
}

// counted answers with the number of body bytes that came.
func counted(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%d bytes", n)
}
