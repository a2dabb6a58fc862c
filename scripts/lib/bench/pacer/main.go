// Clients of many paced streams at once, and the origin of those that are recorded: how late each event comes.
//
// With -cert it is the origin, too, and an event says when it was sent; without, event number i of a stream is due
// (i+1) times -every after the request was written. It prints one line of JSON: milliseconds of the events but for the last
// of each stream, and of the last ones.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	proxy   = flag.String("proxy", "", "address of the proxy")
	origin  = flag.String("origin", "", "host and port of what is asked; unused with -cert")
	ca      = flag.String("ca", "", "authority that the proxy's certificates are of")
	cert    = flag.String("cert", "", "certificate of the origin")
	key     = flag.String("key", "", "key of the origin")
	streams = flag.Int("streams", 1, "how many at once")
	events  = flag.Int("events", 100, "of each, the last one included")
	every   = flag.Duration("every", 50*time.Millisecond, "between two events")
	apart   = flag.Duration("apart", 0, "between two starts")
	first   = flag.Int("first", 0, "number of the first request")
	text    = flag.String("text", "The quick brown fox jumps over the lazy dog. ", "of each event")
	began   = time.Now()
)

const last = "data: [DONE]\n\n"

// An event carries its time of sending in nanoseconds since this process began.
func serve() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	check(err)
	answer := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		flusher := w.(http.Flusher)
		due := time.Now()
		for number := 0; number < *events; number++ {
			due = due.Add(*every)
			time.Sleep(time.Until(due))
			event := fmt.Sprintf(`data: {"id":"c-1","choices":[{"index":0,"delta":{"content":"%s"}}],"at":%d}`+"\n\n", *text, time.Since(began))
			if number == *events-1 {
				event = fmt.Sprintf(": %d\n%s", time.Since(began), last)
			}
			io.WriteString(w, event)
			flusher.Flush()
		}
	}
	server := &http.Server{Handler: http.HandlerFunc(answer)}
	go server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}}))
	return fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
}

type result struct {
	late []float64
	last float64
	err  error
}

func ask(client *http.Client, host string, number int) (r result) {
	body := fmt.Sprintf(`{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"stream %d"}]}`, number)
	request, err := http.NewRequest("POST", "https://"+host+"/v1/chat/completions", strings.NewReader(body))
	check(err)
	for name, value := range map[string]string{"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "bench"} {
		request.Header.Set(name, value)
	}
	var sent time.Time
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent = time.Now() }}
	response, err := client.Do(request.WithContext(httptrace.WithClientTrace(context.Background(), trace)))
	if err != nil {
		return result{err: err}
	}
	defer response.Body.Close()
	reader := bufio.NewReaderSize(response.Body, 64*1024)
	var event []byte
	count := 0
	for {
		line, err := reader.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return result{err: err}
		}
		if event = append(event, line...); len(line) > 1 {
			continue
		}
		now := time.Now()
		due := sent.Add(time.Duration(count+1) * *every)
		if *cert != "" {
			due = began.Add(told(event))
		}
		late := float64(now.Sub(due)) / 1e6
		count++
		if bytes.HasSuffix(event, []byte(last)) {
			r.last = late
		} else {
			r.late = append(r.late, late)
		}
		event = event[:0]
	}
	if count != *events {
		r.err = fmt.Errorf("status %d, %d of %d events", response.StatusCode, count, *events)
	}
	return r
}

// told is the number that an event ends with, or that its comment has.
func told(event []byte) time.Duration {
	if bytes.HasPrefix(event, []byte(": ")) {
		event = event[2:bytes.IndexByte(event, '\n')]
	} else {
		event = bytes.TrimRight(event[bytes.LastIndexByte(event, ':')+1:], "}\n")
	}
	nanoseconds, err := strconv.ParseInt(string(event), 10, 64)
	check(err)
	return time.Duration(nanoseconds)
}

// connected is a client whose one connection is there, through the proxy.
func connected(host string, pool *x509.CertPool) *http.Client {
	conn, err := net.Dial("tcp", *proxy)
	check(err)
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", host, host)
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: "CONNECT"})
	check(err)
	if response.StatusCode != 200 {
		check(fmt.Errorf("CONNECT: status %d", response.StatusCode))
	}
	secure := tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	check(secure.Handshake())
	return &http.Client{Transport: &http.Transport{
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return secure, nil },
	}}
}

func main() {
	flag.Parse()
	host := *origin
	if *cert != "" {
		host = serve()
	}
	authority, err := os.ReadFile(*ca)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	clients := make([]*http.Client, *streams)
	results := make([]result, *streams)
	var group sync.WaitGroup
	for number := range clients { // before anything is measured, for a connection costs more than a stream's events
		clients[number] = connected(host, pool)
	}
	for number := range results {
		group.Add(1)
		go func() {
			defer group.Done()
			results[number] = ask(clients[number], host, *first+number)
		}()
		time.Sleep(*apart)
	}
	group.Wait()
	var late, lasts []float64
	for _, each := range results {
		check(each.err)
		late = append(late, each.late...)
		lasts = append(lasts, each.last)
	}
	sort.Float64s(late)
	sort.Float64s(lasts)
	check(json.NewEncoder(os.Stdout).Encode(map[string][]float64{"late": spread(late), "last": spread(lasts)}))
}

// spread is the median, the 99th percentile and the largest.
func spread(sorted []float64) []float64 {
	if len(sorted) == 0 {
		return nil
	}
	return []float64{sorted[len(sorted)/2], sorted[len(sorted)*99/100], sorted[len(sorted)-1]}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pacer:", err)
		os.Exit(1)
	}
}
