// Go's official SDK of MCP: `lab server PORT|stdio`, and `lab client URL|stdio:COMMAND`, which prints what it gets.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type nothing struct{}

type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

type steps struct {
	N int `json:"n"`
}

func text(format string, a ...any) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprintf(format, a...)}}}
}

func tool[In any](server *mcp.Server, name string, do func(context.Context, *mcp.CallToolRequest, In) (*mcp.CallToolResult, error)) {
	mcp.AddTool(server, &mcp.Tool{Name: name}, func(ctx context.Context, r *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		result, err := do(ctx, r, in)
		return result, nil, err
	})
}

func made() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "lab", Version: "1"}, nil)
	tool(server, "add", func(_ context.Context, _ *mcp.CallToolRequest, in sum) (*mcp.CallToolResult, error) {
		return text("%d", in.A+in.B), nil
	})
	tool(server, "slow", func(ctx context.Context, r *mcp.CallToolRequest, in steps) (*mcp.CallToolResult, error) {
		for i := range in.N {
			told := &mcp.ProgressNotificationParams{ProgressToken: r.Params.GetProgressToken(), Progress: float64(i + 1), Total: float64(in.N)}
			if err := r.Session.NotifyProgress(ctx, told); err != nil {
				return nil, err
			}
			time.Sleep(50 * time.Millisecond)
		}
		return text("slow done"), nil
	})
	tool(server, "ask", func(ctx context.Context, r *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, error) {
		schema := json.RawMessage(`{"type":"object","properties":{"color":{"type":"string"}},"required":["color"]}`)
		answer, err := r.Session.Elicit(ctx, &mcp.ElicitParams{Message: "which color?", RequestedSchema: schema})
		if err != nil {
			return nil, err
		}
		return text("you said %s %v", answer.Action, answer.Content), nil
	})
	tool(server, "sample", func(ctx context.Context, r *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, error) {
		said := []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: "say hi"}}}
		answer, err := r.Session.CreateMessage(ctx, &mcp.CreateMessageParams{MaxTokens: 10, Messages: said})
		if err != nil {
			return nil, err
		}
		return text("sampled %s", answer.Content.(*mcp.TextContent).Text), nil
	})
	tool(server, "roots", func(ctx context.Context, r *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, error) {
		answer, err := r.Session.ListRoots(ctx, nil)
		if err != nil {
			return nil, err
		}
		return text("roots %s", answer.Roots[0].URI), nil
	})
	tool(server, "grow", func(context.Context, *mcp.CallToolRequest, nothing) (*mcp.CallToolResult, error) {
		tool(server, "extra", func(context.Context, *mcp.CallToolRequest, nothing) (*mcp.CallToolResult, error) {
			return text(""), nil
		})
		return text("grown"), nil
	})
	tool(server, "forever", func(ctx context.Context, _ *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(30 * time.Second):
			return text("never"), nil
		}
	})
	server.AddResource(&mcp.Resource{Name: "one", URI: "res://one"}, func(_ context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: r.Params.URI, Text: "resource one"}}}, nil
	})
	greet := &mcp.Prompt{Name: "greet", Arguments: []*mcp.PromptArgument{{Name: "name"}}}
	server.AddPrompt(greet, func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		said := &mcp.TextContent{Text: "hello " + r.Params.Arguments["name"]}
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: said}}}, nil
	})
	return server
}

func serve(where string) error {
	if where == "stdio" {
		return made().Run(context.Background(), &mcp.StdioTransport{})
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return made() }, nil)
	return http.ListenAndServe("127.0.0.1:"+where, handler)
}

func said(result *mcp.CallToolResult, err error) string {
	if err != nil {
		return "failed: " + err.Error()
	}
	return fmt.Sprint(result.IsError, " ", result.Content[0].(*mcp.TextContent).Text)
}

// proxy is that of the environment, also for loopback: there Go would go straight.
func proxy(*http.Request) (*url.URL, error) {
	if told := os.Getenv("HTTP_PROXY"); told != "" {
		return url.Parse(told)
	}
	return nil, nil
}

func talk(version, target string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	changed, progress := make(chan bool, 9), make(chan string, 9)
	client := mcp.NewClient(&mcp.Implementation{Name: "cli", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			time.Sleep(30 * time.Millisecond)
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"color": "blue"}}, nil
		},
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			return &mcp.CreateMessageResult{Role: "assistant", Model: "m", Content: &mcp.TextContent{Text: "hi there"}}, nil
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- true },
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			progress <- fmt.Sprint("progress ", r.Params.Progress, " of ", r.Params.Total)
		},
	})
	client.AddRoots(&mcp.Root{URI: "file:///tmp/x"})
	var transport mcp.Transport
	if command, is := strings.CutPrefix(target, "stdio:"); is {
		parts := strings.Fields(command)
		transport = &mcp.CommandTransport{Command: exec.Command(parts[0], parts[1:]...)}
	} else {
		transport = &mcp.StreamableClientTransport{Endpoint: target, HTTPClient: &http.Client{Transport: &http.Transport{Proxy: proxy}}}
	}
	session, err := client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		return err
	}
	fmt.Println(session.InitializeResult().ProtocolVersion)
	for each, err := range session.Tools(ctx, nil) {
		if err != nil {
			return err
		}
		fmt.Println(each.Name)
	}
	slow := &mcp.CallToolParams{Name: "slow", Arguments: steps{3}}
	slow.SetProgressToken("slow")
	done := said(session.CallTool(ctx, slow))
	for range 3 { // told in another goroutine than the answer
		select {
		case told := <-progress:
			fmt.Println(told)
		case <-time.After(10 * time.Second):
			fmt.Println("no progress")
		}
	}
	fmt.Println(done)
	resource, err := session.ReadResource(ctx, &mcp.ReadResourceParams{URI: "res://one"})
	if err != nil {
		return err
	}
	fmt.Println(resource.Contents[0].Text)
	prompt, err := session.GetPrompt(ctx, &mcp.GetPromptParams{Name: "greet", Arguments: map[string]string{"name": "bob"}})
	if err != nil {
		return err
	}
	fmt.Println(prompt.Messages[0].Content.(*mcp.TextContent).Text)
	for _, name := range []string{"ask", "sample", "roots"} {
		fmt.Println(name, said(session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: nothing{}})))
	}
	brief, enough := context.WithTimeout(ctx, 300*time.Millisecond)
	fmt.Println("forever", said(session.CallTool(brief, &mcp.CallToolParams{Name: "forever", Arguments: nothing{}})))
	enough()
	fmt.Println(said(session.CallTool(ctx, &mcp.CallToolParams{Name: "grow", Arguments: nothing{}})))
	select {
	case <-changed:
		fmt.Println("changed")
	case <-time.After(10 * time.Second):
		fmt.Println("no change")
	}
	var sums [4]string
	var all sync.WaitGroup
	for i := range sums {
		all.Go(func() { sums[i] = said(session.CallTool(ctx, &mcp.CallToolParams{Name: "add", Arguments: sum{i, i}})) })
	}
	all.Wait()
	fmt.Println(sums)
	return session.Close()
}

func main() {
	log.SetFlags(0)
	var err error
	if os.Args[1] == "server" {
		err = serve(os.Args[2])
	} else {
		err = talk(os.Args[1], os.Args[2])
	}
	if err != nil {
		log.Fatal(err)
	}
}
