package main

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
	"tapehead.test/scalars/oracle"
)

// reference and compact are custom marshallers, as public cassettes were written with.
func marshal(v any, layout string) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	switch layout {
	case "stock":
		return yaml.Marshal(v)
	case "reference":
		encoder.CompactSeqIndent()
	case "compact":
		encoder.SetIndent(2)
		encoder.CompactSeqIndent()
	case "indent2-seq2":
		encoder.SetIndent(2)
	default:
		return nil, fmt.Errorf("no layout %s", layout)
	}
	err := encoder.Encode(v)
	return out.Bytes(), err
}

func main() { oracle.Main(marshal) }
