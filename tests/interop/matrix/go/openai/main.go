package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/openai/openai-go/v3"
)

func main() {
	client := openai.NewClient()
	call := openai.ChatCompletionNewParams{
		Model:    openai.ChatModelGPT4oMini,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Say hi in Portuguese")},
	}
	got := map[string]any{}
	if os.Args[1] == "plain" {
		answer, err := client.Chat.Completions.New(context.Background(), call)
		if err != nil {
			panic(err)
		}
		got["text"] = answer.Choices[0].Message.Content
	} else {
		stream := client.Chat.Completions.NewStreaming(context.Background(), call)
		chunks, text := []string{}, ""
		for stream.Next() {
			delta := stream.Current().Choices[0].Delta.Content
			chunks, text = append(chunks, delta), text+delta
		}
		if stream.Err() != nil {
			panic(stream.Err())
		}
		got["text"], got["chunks"] = text, chunks
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
}
