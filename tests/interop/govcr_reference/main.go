// Command govcr_reference loads cassettes and saves them again with the versions of go-vcr and yaml, and the
// marshallers, that wrote the reference cassette and most public LLM cassettes. It is a module of its own, as
// one Go program cannot hold two versions of go-vcr.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

var layouts = map[string]cassette.MarshalFunc{
	"reference": marshal(4),
	"compact":   marshal(2),
}

func marshal(indent int) cassette.MarshalFunc {
	return func(in any) ([]byte, error) {
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(indent)
		encoder.CompactSeqIndent()
		if err := encoder.Encode(in); err != nil {
			return nil, err
		}
		return out.Bytes(), nil
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "govcr_reference:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("govcr_reference", flag.ExitOnError)
	layout := flags.String("layout", "reference", "reference or compact")
	switch {
	case len(args) == 2 && args[0] == "bodies":
		return bodies(args[1])
	case len(args) > 0 && args[0] == "resave":
		flags.Parse(args[1:])
	}
	if layouts[*layout] == nil || flags.NArg() == 0 || flags.NArg()%2 != 0 {
		return errors.New("usage: bodies FILE | resave -layout reference|compact IN OUT [IN OUT ...]")
	}
	for i := 0; i < flags.NArg(); i += 2 {
		if err := resave(flags.Arg(i), flags.Arg(i+1), layouts[*layout]); err != nil {
			return fmt.Errorf("%s: %w", flags.Arg(i), err)
		}
	}
	return nil
}

func load(file string) (*cassette.Cassette, error) {
	name, found := strings.CutSuffix(file, ".yaml")
	if !found {
		return nil, fmt.Errorf("%s: go-vcr loads NAME.yaml only", file)
	}
	return cassette.Load(name)
}

func resave(in, out string, marshal cassette.MarshalFunc) error {
	c, err := load(in)
	if err != nil {
		return err
	}
	c.File = out
	c.MarshalFunc = marshal
	return c.Save()
}

// bodies prints the digests of each interaction's bodies, request and response, as a JSON list a line.
func bodies(file string) error {
	c, err := load(file)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, i := range c.Interactions {
		if err := out.Encode([]string{digest(i.Request.Body), digest(i.Response.Body)}); err != nil {
			return err
		}
	}
	return nil
}

func digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:8])
}
