// Package chat is the program under test. It knows nothing of tapehead.
package chat

import (
	"context"

	"github.com/openai/openai-go/v3"
)

func call(prompt string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    openai.ChatModelGPT4_1Mini,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(prompt)},
	}
}

// Ask gives the answer.
func Ask(client openai.Client, prompt string) (string, error) {
	answer, err := client.Chat.Completions.New(context.Background(), call(prompt))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

// AskStreamed gives its pieces.
func AskStreamed(client openai.Client, prompt string) (pieces []string, err error) {
	stream := client.Chat.Completions.NewStreaming(context.Background(), call(prompt))
	for stream.Next() {
		if choices := stream.Current().Choices; len(choices) > 0 {
			pieces = append(pieces, choices[0].Delta.Content)
		}
	}
	return pieces, stream.Err()
}
