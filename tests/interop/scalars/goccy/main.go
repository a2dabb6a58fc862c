package main

import (
	"fmt"

	"github.com/goccy/go-yaml"
	"tapehead.test/scalars/oracle"
)

// compact is what go-vcr 4.0.5 calls.
func marshal(v any, layout string) ([]byte, error) {
	if layout != "compact" {
		return nil, fmt.Errorf("no layout %s", layout)
	}
	return yaml.Marshal(v)
}

func main() { oracle.Main(marshal) }
