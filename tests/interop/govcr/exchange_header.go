package main

import (
	"io"
	"net/http"
)

// Header fields and trailers of the answer.
var headerExchanges = []exchange{
	{name: "headers-provider", method: "POST", header: jsonHeader, body: chat, answer: status(200, "{}",
		"Content-Type", json, "X-Request-Id", "req_1", "Request-Id", "req_2", "Mcp-Session-Id", "s-3",
		"X-Amzn-Errortype", "None", "Retry-After-Ms", "5", "X-Should-Retry", "false",
		"Content-Disposition", `attachment; filename="a b.txt"`, "X-Ratelimit-Remaining", "9", "Set-Cookie", "a=b")},
	{name: "headers-multiple", answer: status(200, "{}", "Request-Id", "b", "Request-Id", "a", "Request-Id", "b",
		"X-Request-Id", "one, two", "Content-Type", json)},
	{name: "headers-empty-value", answer: status(200, "{}", "X-Request-Id", "", "Content-Type", json)},
	{name: "headers-odd-case", answer: status(200, "{}", "x_under-score.DOT", "odd", "Content-Type", json)},
	{name: "headers-raw-case", only: "h1", answer: raw("HTTP/1.1 200 OK\r\nCONTENT-TYPE: text/plain\r\n" +
		"x-REQUEST-id: r\r\nx_UNDER-score.DOT: odd\r\nContent-Length: 2\r\n\r\nok")},
	{name: "headers-raw-padded", only: "h1", answer: raw("HTTP/1.1 200 OK\r\nX-Request-Id: \t padded \t \r\n" +
		"Request-Id:tight\r\nContent-Disposition:   \r\nContent-Length: 2\r\n\r\nok")},
	{name: "headers-no-type", answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		io.WriteString(w, "what am I")
	}},
	{name: "headers-utf8", answer: status(200, "{}", "X-Request-Id", "é-世", "Content-Type", json)},
	{name: "trailer-declared", answer: trailers("X-Digest, Grpc-Status", "X-Digest", "abc", "Grpc-Status", "0")},
	{name: "trailer-undeclared", answer: trailers("", http.TrailerPrefix+"X-Late", "late")},
	{name: "trailer-multiple", answer: trailers("X-Many", "X-Many", "b", "X-Many", "a")},
	{name: "trailer-missing", answer: trailers("X-Promised, X-Kept", "X-Kept", "yes")},
	{name: "trailer-none-came", answer: trailers("X-Promised")},
	{name: "trailer-no-body", answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Digest")
		w.WriteHeader(200)
		w.Header().Set("X-Digest", "of nothing")
	}},
}

// trailers answers a body in two pieces and, after it, the pairs (name, value, name, value, ...).
func trailers(declared string, pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", plain)
		if declared != "" {
			w.Header().Set("Trailer", declared)
		}
		io.WriteString(w, "with ")
		w.(http.Flusher).Flush()
		io.WriteString(w, "trailers\n")
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Add(pairs[i], pairs[i+1])
		}
	}
}
