package chat

import (
	"cmp"
	"os"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"tapehead.test/sample/tapehead"
)

var client = openai.NewClient()

func TestMain(m *testing.M) { tapehead.Main(m) }

func TestAsk(t *testing.T) {
	for _, prompt := range []string{"Say hi", "Diga olá!", "?&#%"} {
		t.Run(prompt, func(t *testing.T) {
			tapehead.Begin(t)
			answer, err := Ask(client, prompt)
			if err != nil || !strings.Contains(answer, "answer number") {
				t.Fatal(answer, err)
			}
		})
	}
}

func TestStreamed(t *testing.T) {
	tapehead.Begin(t)
	pieces, err := AskStreamed(client, cmp.Or(os.Getenv("SAMPLE_PROMPT"), "Say hi in pieces"))
	if err != nil || len(pieces) < 4 || !strings.Contains(strings.Join(pieces, ""), "answer number") {
		t.Fatal(pieces, err)
	}
}

func TestTwice(t *testing.T) {
	tapehead.Begin(t)
	first, _ := Ask(client, "Say hi")
	second, _ := Ask(client, "Say hi")
	if first == second {
		t.Fatal(first)
	}
}

func TestShrug(t *testing.T) {
	tapehead.Begin(t)
	Ask(client, cmp.Or(os.Getenv("SAMPLE_SHRUG"), "Do you care?")) // as careless programs do it
}

func TestNeedsNobody(t *testing.T) {
	tapehead.Begin(t)
}
