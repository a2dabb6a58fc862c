package main

import (
	"context"
	"encoding/json"
	"os"

	"google.golang.org/genai"
)

func main() {
	client, err := genai.NewClient(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	prompt := genai.Text("Say hi in Portuguese")
	got := map[string]any{}
	if os.Args[1] == "plain" {
		answer, err := client.Models.GenerateContent(context.Background(), "gemini-2.5-flash", prompt, nil)
		if err != nil {
			panic(err)
		}
		got["text"] = answer.Text()
	} else {
		chunks, text := []string{}, ""
		for event, err := range client.Models.GenerateContentStream(context.Background(), "gemini-2.5-flash", prompt, nil) {
			if err != nil {
				panic(err)
			}
			chunks, text = append(chunks, event.Text()), text+event.Text()
		}
		got["text"], got["chunks"] = text, chunks
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
}
