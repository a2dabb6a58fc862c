package main

import (
	"fmt"

	"go.yaml.in/yaml/v4"
	"tapehead.test/scalars/oracle"
)

// The options of yaml.Marshal, which go-vcr 4.0.7 calls, with other layouts. (yaml.NewEncoder folds at 80 columns.)
func marshal(v any, layout string) ([]byte, error) {
	options := []yaml.Option{yaml.WithV3Defaults(), yaml.WithLineWidth(-1)}
	switch layout {
	case "stock":
		return yaml.Marshal(v)
	case "reference":
		options = append(options, yaml.WithCompactSeqIndent())
	case "compact":
		options = append(options, yaml.WithIndent(2), yaml.WithCompactSeqIndent())
	case "indent2-seq2":
		options = append(options, yaml.WithIndent(2))
	default:
		return nil, fmt.Errorf("no layout %s", layout)
	}
	return yaml.Dump(v, options...)
}

func main() { oracle.Main(marshal) }
