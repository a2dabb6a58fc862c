// coder/websocket and gorilla/websocket: `client wss://HOST:PORT/v1`.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

type event struct {
	Type  string `json:"type"`
	Delta string `json:"delta"`
}

// proxy is that of the environment, also for loopback: there Go would go straight.
func proxy(*http.Request) (*url.URL, error) { return url.Parse(os.Getenv("HTTPS_PROXY")) }

func answers(e event) string {
	switch e.Type {
	case "session.created":
		id := make([]byte, 8)
		rand.Read(id)
		return fmt.Sprintf(`{"type":"conversation.item.create","item":{"id":"item_%s"}}`, hex.EncodeToString(id))
	case "conversation.item.added":
		return `{"type":"response.create"}`
	}
	return ""
}

func byCoder(base string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{Proxy: proxy}}
	options := &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"realtime"}, CompressionMode: websocket.CompressionContextTakeover}
	conn, _, err := websocket.Dial(ctx, base+"/realtime?model=coder", options)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var e event
		json.Unmarshal(data, &e)
		fmt.Println("coder", conn.Subprotocol(), kind, e.Type, e.Delta)
		if e.Type == "response.done" {
			return conn.Close(websocket.StatusNormalClosure, "thanks")
		}
		if answer := answers(e); answer != "" {
			if err := conn.Write(ctx, websocket.MessageText, []byte(answer)); err != nil {
				return err
			}
		}
	}
}

func byGorilla(base string) error {
	dialer := gorilla.Dialer{Proxy: proxy, Subprotocols: []string{"realtime"}, EnableCompression: true}
	conn, _, err := dialer.Dial(base+"/realtime?model=gorilla", nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			fmt.Println("gorilla", err)
			return nil
		}
		var e event
		json.Unmarshal(data, &e)
		fmt.Println("gorilla", conn.Subprotocol(), kind, e.Type, e.Delta)
		if e.Type == "response.done" {
			said := gorilla.FormatCloseMessage(gorilla.CloseNormalClosure, "thanks")
			conn.WriteControl(gorilla.CloseMessage, said, time.Now().Add(time.Second))
			continue
		}
		if answer := answers(e); answer != "" {
			if err := conn.WriteMessage(gorilla.TextMessage, []byte(answer)); err != nil {
				return err
			}
		}
	}
}

func main() {
	for _, by := range []func(string) error{byCoder, byGorilla} {
		if err := by(os.Args[1]); err != nil {
			log.Fatal(err)
		}
	}
}
