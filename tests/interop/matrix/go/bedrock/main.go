package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client := bedrockruntime.NewFromConfig(settings)
	model := aws.String("anthropic.claude-3-haiku-20240307-v1:0")
	messages := []types.Message{{
		Role:    types.ConversationRoleUser,
		Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Say hi in Portuguese"}},
	}}
	got := map[string]any{}
	if os.Args[1] == "plain" {
		call := &bedrockruntime.ConverseInput{ModelId: model, Messages: messages}
		answer, err := client.Converse(context.Background(), call)
		if err != nil {
			panic(err)
		}
		message := answer.Output.(*types.ConverseOutputMemberMessage).Value
		got["text"] = message.Content[0].(*types.ContentBlockMemberText).Value
	} else {
		call := &bedrockruntime.ConverseStreamInput{ModelId: model, Messages: messages}
		answer, err := client.ConverseStream(context.Background(), call)
		if err != nil {
			panic(err)
		}
		chunks, text := []string{}, ""
		for event := range answer.GetStream().Events() {
			if delta, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
				piece := delta.Value.Delta.(*types.ContentBlockDeltaMemberText).Value
				chunks, text = append(chunks, piece), text+piece
			}
		}
		if err := answer.GetStream().Err(); err != nil {
			panic(err)
		}
		got["text"], got["chunks"] = text, chunks
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
}
