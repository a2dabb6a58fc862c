package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/anthropics/anthropic-sdk-go"
)

func main() {
	client := anthropic.NewClient()
	call := anthropic.MessageNewParams{
		Model:     "claude-sonnet-4-5",
		MaxTokens: 99,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Say hi in Portuguese"))},
	}
	got := map[string]any{}
	if os.Args[1] == "plain" {
		answer, err := client.Messages.New(context.Background(), call)
		if err != nil {
			panic(err)
		}
		got["text"] = answer.Content[0].Text
	} else {
		stream := client.Messages.NewStreaming(context.Background(), call)
		chunks, text := []string{}, ""
		for stream.Next() {
			if event := stream.Current(); event.Type == "content_block_delta" {
				chunks, text = append(chunks, event.Delta.Text), text+event.Delta.Text
			}
		}
		if stream.Err() != nil {
			panic(stream.Err())
		}
		got["text"], got["chunks"] = text, chunks
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
}
