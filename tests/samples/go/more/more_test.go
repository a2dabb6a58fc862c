// Package more is another package: `go test` runs it at the same time, in a process of its own.
package more

import (
	"testing"

	"github.com/openai/openai-go/v3"
	"tapehead.test/sample/chat"
	"tapehead.test/sample/tapehead"
)

func TestMain(m *testing.M) { tapehead.Main(m) }

func TestAsksTheSame(t *testing.T) {
	tapehead.Begin(t)
	client := openai.NewClient()
	first, err := chat.Ask(client, "Say hi")
	second, _ := chat.Ask(client, "Say hi")
	if err != nil || first == second {
		t.Fatal(first, err)
	}
}
