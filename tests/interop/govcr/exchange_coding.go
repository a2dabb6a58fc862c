package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
)

const prose = `{"text":"the same words, the same words, the same words, and the same words again"}` + "\n"

func gzipped(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func deflated(text string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func asking(coding string) http.Header {
	return http.Header{"Accept-Encoding": {coding}, "Accept": {json}}
}

// Content codings: those that Go's transport asks for by itself and undoes, and those that the client asked for.
var codingExchanges = []exchange{
	{name: "gzip-transport", answer: status(200, gzipped(prose), "Content-Type", json, "Content-Encoding", "gzip")},
	{name: "gzip-transport-upper", answer: status(200, gzipped(prose), "Content-Type", json, "Content-Encoding", "GZIP")},
	{name: "gzip-transport-chunked", answer: coded("gzip", gzipped(prose))},
	{name: "gzip-transport-empty", answer: status(200, "", "Content-Type", json, "Content-Encoding", "gzip")},
	{name: "gzip-transport-head", method: "HEAD", answer: status(200, "", "Content-Type", json, "Content-Encoding", "gzip",
		"Content-Length", "99")},
	{name: "gzip-transport-error", answer: status(401, gzipped(errorJSON), "Content-Type", json, "Content-Encoding", "gzip")},
	{name: "gzip-own", header: asking("gzip"),
		answer: status(200, gzipped(prose), "Content-Type", json, "Content-Encoding", "gzip")},
	{name: "gzip-own-chunked", header: asking("gzip, deflate, br"), answer: coded("gzip", gzipped(prose))},
	{name: "gzip-own-empty", header: asking("gzip"), answer: status(200, "", "Content-Type", json, "Content-Encoding", "gzip")},
	{name: "deflate-own", header: asking("deflate"),
		answer: status(200, deflated(prose), "Content-Type", json, "Content-Encoding", "deflate")},
	{name: "identity-own", header: asking("identity"), answer: text(json, prose)},
	{name: "unknown-own", header: asking("x-rot13"),
		answer: status(200, "uryyb", "Content-Type", plain, "Content-Encoding", "x-rot13")},
}

func coded(coding, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", json)
		w.Header().Set("Content-Encoding", coding)
		half := len(body) / 2
		io.WriteString(w, body[:half])
		w.(http.Flusher).Flush()
		io.WriteString(w, body[half:])
	}
}
