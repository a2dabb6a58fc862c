package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	stdjson "encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"
)

// A report is what the client saw of one exchange; one JSON object a line on stdout.
type report struct {
	Name    string      `json:"name"`
	Error   string      `json:"error,omitempty"`
	Status  string      `json:"status,omitempty"`
	Proto   string      `json:"proto,omitempty"`
	Bytes   int         `json:"bytes"`
	Digest  string      `json:"digest,omitempty"`
	Trailer http.Header `json:"trailer,omitempty"`
}

// client runs the exchanges one after the other: recording with go-vcr (-vcr), replayed by go-vcr (-replay), or
// plainly, through a proxy (-proxy) or without.
func client(args []string) error {
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	originURL := flags.String("origin", "", "the origin's URL, no slash at its end")
	ca := flags.String("ca", "", "certificates to trust, PEM")
	vcr := flags.String("vcr", "", "record into this cassette with go-vcr")
	replay := flags.String("replay", "", "be served from this cassette by go-vcr, with no network")
	matcher := flags.String("matcher", "default", "-replay: default (go-vcr's) or json (method, URL, JSON body)")
	dial := flags.String("dial", "", "connect to this HOST:PORT, wherever a URL leads to; for -origin that is no real one")
	proxy := flags.String("proxy", "", "send everything through this proxy")
	http1 := flags.Bool("http1", false, "speak HTTP/1.1")
	keep := flags.String("keep", "", "more header names to keep, with commas")
	reduce := flags.Bool("reduce", false, "send the kept headers only")
	skip := flags.String("skip", "", "names of exchanges to leave out, with commas")
	only := flags.String("only", "", "names of the exchanges to run, with commas")
	timeout := flags.Duration("timeout", 20*time.Second, "bound of one exchange")
	flags.Parse(args)

	transport, err := plainTransport(*ca, *proxy, *http1)
	if err != nil {
		return err
	}
	if *dial != "" {
		host, _, err := net.SplitHostPort(*dial)
		if err != nil {
			return err
		}
		transport.TLSClientConfig.ServerName = host
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, *dial)
		}
	}
	var roundTripper http.RoundTripper = transport
	kept := keptHeaders(strings.FieldsFunc(*keep, comma))
	stop := func() error { return nil }
	if *vcr != "" || *replay != "" {
		options := []recorder.Option{
			recorder.WithMode(recorder.ModeRecordOnly),
			recorder.WithRealTransport(transport),
			recorder.WithSkipRequestLatency(true),
			recorder.WithHook(kept.reduce, recorder.AfterCaptureHook),
		}
		if *replay != "" {
			options = append(options, recorder.WithMode(recorder.ModeReplayOnly),
				recorder.WithRealTransport(noNetwork{}), recorder.WithMatcher(matchers[*matcher]))
		}
		r, err := recorder.New(strings.TrimSuffix(*vcr+*replay, ".yaml"), options...)
		if err != nil {
			return err
		}
		roundTripper, stop = r, r.Stop
	}
	out := stdjson.NewEncoder(os.Stdout)
	for _, e := range allExchanges() {
		if excluded(&e, *http1, strings.FieldsFunc(*skip, comma), strings.FieldsFunc(*only, comma)) {
			continue
		}
		req, err := e.request(*originURL)
		if err != nil {
			return err
		}
		if *reduce {
			kept.filter(req.Header, kept.request)
		}
		if err := out.Encode(exchangeReport(e.name, req, roundTripper, *timeout)); err != nil {
			return err
		}
	}
	return stop()
}

func comma(r rune) bool { return r == ',' }

func excluded(e *exchange, http1 bool, skip, only []string) bool {
	return (e.only == "h1" && !http1) || slices.Contains(skip, e.name) || (len(only) > 0 && !slices.Contains(only, e.name))
}

func exchangeReport(name string, req *http.Request, transport http.RoundTripper, timeout time.Duration) report {
	client := &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return report{Name: name, Error: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return report{Name: name, Status: resp.Status, Bytes: len(body), Error: err.Error()}
	}
	return report{Name: name, Status: resp.Status, Proto: resp.Proto, Bytes: len(body),
		Digest: digest(body), Trailer: resp.Trailer}
}

func plainTransport(ca, proxy string, http1 bool) (*http.Transport, error) {
	roots := x509.NewCertPool()
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificate in %s", ca)
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!http1)
	transport := &http.Transport{
		TLSClientConfig:       &tls.Config{RootCAs: roots},
		Protocols:             protocols,
		ExpectContinueTimeout: time.Second,
	}
	if proxy != "" {
		// By hand: Go's ProxyFromEnvironment never sends loopback addresses to a proxy.
		u, err := url.Parse(proxy)
		if err != nil {
			return nil, err
		}
		transport.Proxy = http.ProxyURL(u)
	}
	return transport, nil
}

type noNetwork struct{}

func (noNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, errors.New("the network was asked for " + req.URL.String())
}

// kept names the header fields that stay in a cassette, as tapehead does by default.
type kept struct{ request, response []string }

func keptHeaders(more []string) kept {
	return kept{
		request: append([]string{"Accept", "Content-Type", "User-Agent"}, more...),
		response: append([]string{"Content-Type", "Location", "Retry-After", "Retry-After-Ms", "X-Should-Retry",
			"X-Amzn-Errortype", "Content-Disposition", "Mcp-Session-Id", "X-Request-Id", "Request-Id"}, more...),
	}
}

func (k kept) filter(header http.Header, names []string) {
	for name := range header {
		if !slices.Contains(names, http.CanonicalHeaderKey(name)) {
			delete(header, name)
		}
	}
}

func (k kept) reduce(i *cassette.Interaction) error {
	// A copy: the client still needs its own map, and go-vcr hands out the request's.
	i.Request.Headers = i.Request.Headers.Clone()
	i.Response.Headers = i.Response.Headers.Clone()
	k.filter(i.Request.Headers, k.request)
	names := k.response
	if i.Response.Body != "" {
		names = append(slices.Clone(names), "Content-Encoding") // an encoded body must say so
	}
	k.filter(i.Response.Headers, names)
	return nil
}
