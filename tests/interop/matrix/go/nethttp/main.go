package main

import (
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := `{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hi in Portuguese"}]`
	if os.Args[1] == "stream" {
		body += `, "stream": true`
	}
	request, err := http.NewRequest("POST", "https://api.openai.com/v1/chat/completions", strings.NewReader(body+"}"))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OPENAI_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		panic(answer.Status)
	}
	if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
		panic(err)
	}
}
