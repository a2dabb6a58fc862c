// Command govcr_matcher says of pairs of requests whether go-vcr's DefaultMatcher takes the first for the second.
// It reads a JSON object a line, {"asked": REQUEST, "recorded": REQUEST}, and writes true or false a line.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

type request struct {
	Method           string              `json:"method"`
	URL              string              `json:"url"`
	Body             []byte              `json:"body"`
	Headers          map[string][]string `json:"headers"`
	Proto            string              `json:"proto"`
	ProtoMajor       int                 `json:"proto_major"`
	ProtoMinor       int                 `json:"proto_minor"`
	ContentLength    int64               `json:"content_length"`
	TransferEncoding []string            `json:"transfer_encoding"`
	Trailer          map[string][]string `json:"trailer"`
	Host             string              `json:"host"`
	RemoteAddr       string              `json:"remote_addr"`
	RequestURI       string              `json:"request_uri"`
	Form             map[string][]string `json:"form"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "govcr_matcher:", err)
		os.Exit(1)
	}
}

func run() error {
	in := json.NewDecoder(os.Stdin)
	in.DisallowUnknownFields()
	out := json.NewEncoder(os.Stdout)
	for {
		var pair struct{ Asked, Recorded request }
		if err := in.Decode(&pair); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		same, err := matches(pair.Asked, pair.Recorded)
		if err != nil {
			return err
		}
		if err := out.Encode(same); err != nil {
			return err
		}
	}
}

// matches asks a cassette of one interaction, as the recorder does: its default matcher is DefaultMatcher.
func matches(asked, recorded request) (bool, error) {
	r, err := asked.sent()
	if err != nil {
		return false, err
	}
	c := cassette.New("")
	c.AddInteraction(&cassette.Interaction{Request: recorded.recorded()})
	_, err = c.GetInteraction(r)
	if errors.Is(err, cassette.ErrInteractionNotFound) {
		return false, nil
	}
	return err == nil, err
}

// sent is the request as a client makes it. Its form is not set: go-vcr parses it.
func (r request) sent() (*http.Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	if u.String() != r.URL {
		return nil, fmt.Errorf("Go spells %q as %q", r.URL, u)
	}
	sent := &http.Request{
		Method:           r.Method,
		URL:              u,
		Header:           r.Headers,
		Proto:            r.Proto,
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
		Trailer:          r.Trailer,
		Host:             r.Host,
		RemoteAddr:       r.RemoteAddr,
		RequestURI:       r.RequestURI,
	}
	if r.Body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(r.Body))
	}
	return sent, nil
}

func (r request) recorded() cassette.Request {
	return cassette.Request{
		Method:           r.Method,
		URL:              r.URL,
		Body:             string(r.Body),
		Headers:          r.Headers,
		Proto:            r.Proto,
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
		Trailer:          r.Trailer,
		Host:             r.Host,
		RemoteAddr:       r.RemoteAddr,
		RequestURI:       r.RequestURI,
		Form:             r.Form,
	}
}
