// Package oracle shows what a YAML library of Go makes of strings.
package oracle

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// The part of go-vcr's Cassette that has strings in every kind of position.
type document struct {
	Interactions []interaction `yaml:"interactions"`
}

type interaction struct {
	ID      int     `yaml:"id"`
	Request request `yaml:"request"`
}

type request struct {
	Body    string      `yaml:"body"`
	Form    url.Values  `yaml:"form"`
	Headers http.Header `yaml:"headers"`
	URL     string      `yaml:"url"`
}

// Marshal is the library, in a layout.
type Marshal func(v any, layout string) ([]byte, error)

// Main reads lines of base64, each one string, and writes for each a line of base64: the YAML of an interaction
// that has the string as a mapping value, as a key and as items of a list. Where the library fails the line is
// `-` and its error. The program's one argument is the layout.
func Main(marshal Marshal) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		data, err := base64.StdEncoding.DecodeString(in.Text())
		if err != nil {
			panic(err)
		}
		if text, err := text(string(data), os.Args[1], marshal); err != nil {
			fmt.Fprintf(out, "- %q\n", err)
		} else {
			fmt.Fprintln(out, base64.StdEncoding.EncodeToString(text))
		}
	}
}

func text(s, layout string, marshal Marshal) (out []byte, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return marshal(document{[]interaction{{1, request{
		Body:    s,
		Form:    url.Values{s: {"1st", "2nd"}},
		Headers: http.Header{"A": {s, s}},
		URL:     "u",
	}}}}, layout)
}
