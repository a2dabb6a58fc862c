// Command govcr is the Go side of the interop tests: an origin, a client that records with go-vcr or speaks
// through a proxy, and go-vcr's own loading and saving. It knows HTTP and go-vcr and nothing of tapehead: what
// the two recordings have in common is for the Python tests to say.
package main

import (
	"fmt"
	"os"
)

var commands = map[string]func(args []string) error{
	"bodies":    bodies,
	"client":    client,
	"origin":    origin,
	"reference": reference,
	"resave":    resave,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: govcr bodies|client|origin|reference|resave [flags]")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "govcr:", err)
		os.Exit(1)
	}
}
