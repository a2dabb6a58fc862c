package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	stdjson "encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

func load(file string) (*cassette.Cassette, error) {
	name, found := strings.CutSuffix(file, ".yaml")
	if !found {
		return nil, fmt.Errorf("%s: go-vcr loads NAME.yaml only", file)
	}
	return cassette.Load(name)
}

// resave loads cassettes and saves them again, as go-vcr does when it is told nothing: -layout stock IN OUT ...
func resave(args []string) error {
	flags := flag.NewFlagSet("resave", flag.ExitOnError)
	layout := flags.String("layout", "stock", "stock")
	flags.Parse(args)
	if *layout != "stock" || flags.NArg()%2 != 0 {
		return fmt.Errorf("usage: resave -layout stock IN OUT [IN OUT ...]")
	}
	for i := 0; i < flags.NArg(); i += 2 {
		c, err := load(flags.Arg(i))
		if err != nil {
			return fmt.Errorf("%s: %w", flags.Arg(i), err)
		}
		c.File = flags.Arg(i + 1)
		c.MarshalFunc = yaml.Marshal
		if err := c.Save(); err != nil {
			return err
		}
	}
	return nil
}

// bodies prints the digests of each interaction's bodies, request and response, as a JSON list a line.
func bodies(args []string) error {
	c, err := load(args[0])
	if err != nil {
		return err
	}
	out := stdjson.NewEncoder(os.Stdout)
	for _, i := range c.Interactions {
		if err := out.Encode([]string{digest([]byte(i.Request.Body)), digest([]byte(i.Response.Body))}); err != nil {
			return err
		}
	}
	return nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

var matchers = map[string]cassette.MatcherFunc{
	"default": cassette.DefaultMatcher,
	"json":    matchJSON,
}

// matchJSON compares method, URL and body, bodies that are JSON by their values.
func matchJSON(r *http.Request, i cassette.Request) bool {
	if r.Method != i.Method || r.URL.String() != i.URL {
		return false
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	var sent, recorded any
	if stdjson.Unmarshal(body, &sent) != nil || stdjson.Unmarshal([]byte(i.Body), &recorded) != nil {
		return string(body) == i.Body
	}
	return reflect.DeepEqual(sent, recorded)
}

// events cuts a body behind each blank line.
func events(body string) []string { return strings.SplitAfter(body, "\n\n") }

// reference sends a cassette's requests, in turn, with their headers and bodies.
func reference(args []string) error {
	flags := flag.NewFlagSet("reference", flag.ExitOnError)
	file := flags.String("cassette", "", "the cassette whose requests are sent")
	proxy := flags.String("proxy", "", "send everything through this proxy")
	ca := flags.String("ca", "", "certificates to trust, PEM")
	flags.Parse(args)
	c, err := load(*file)
	if err != nil {
		return err
	}
	transport, err := plainTransport(*ca, *proxy, false)
	if err != nil {
		return err
	}
	out := stdjson.NewEncoder(os.Stdout)
	for n, i := range c.Interactions {
		u, err := url.Parse(i.Request.URL)
		if err != nil {
			return err
		}
		req, err := http.NewRequest(i.Request.Method, u.String(), strings.NewReader(i.Request.Body))
		if err != nil {
			return err
		}
		req.Header = i.Request.Headers.Clone()
		if err := out.Encode(exchangeReport(fmt.Sprint(n), req, transport, 20*time.Second)); err != nil {
			return err
		}
	}
	return nil
}
