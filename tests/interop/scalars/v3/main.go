package main

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
	"tapehead.test/scalars/oracle"
)

// stock is what go-vcr 3.x to 4.0.4 call.
func marshal(v any, layout string) ([]byte, error) {
	switch layout {
	case "stock":
		return yaml.Marshal(v)
	case "indent2-seq2":
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		err := encoder.Encode(v)
		return out.Bytes(), err
	}
	return nil, fmt.Errorf("no layout %s", layout)
}

func main() { oracle.Main(marshal) }
