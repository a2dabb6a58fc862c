package main

import (
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
)

const (
	plain = "text/plain; charset=utf-8"
	json  = "application/json"
	chat  = `{"model":"m-1","messages":[{"role":"user","content":"Olá, 世界"}],"stream":true}`
)

var jsonHeader = http.Header{"Content-Type": {json}, "Accept": {json}, "User-Agent": {"interop/1.0"}}

func echoed(name, body string) exchange {
	return exchange{name: name, method: http.MethodPost, body: body, answer: echo,
		header: http.Header{"Content-Type": {plain}, "User-Agent": {"interop/1.0"}}}
}

// message is one AWS event-stream message: a prelude of lengths and its CRC, headers, payload, a CRC.
func message(event, payload string) string {
	header := []byte{byte(len(":event-type"))}
	header = append(header, ":event-type"...)
	header = append(header, 7, 0, byte(len(event)))
	header = append(header, event...)
	out := binary.BigEndian.AppendUint32(nil, uint32(16+len(header)+len(payload)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(header)))
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
	out = append(append(out, header...), payload...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out)))
}

// Bodies and their framing.
var bodyExchanges = []exchange{
	{name: "json-get", header: jsonHeader, answer: text(json, `{"data":[{"id":"m-1"}]}`)},
	{name: "json-post", method: "POST", header: jsonHeader, body: chat,
		answer: text(json, `{"id":"c-1","choices":[{"message":{"content":"Oi!"}}]}`+"\n")},
	{name: "sse", method: "POST", header: jsonHeader, body: chat, answer: pieces("text/event-stream",
		"data: {\"delta\":\"O\"}\n\n", ": keep-alive\n\n", "data: {\"delta\":\"i\"}\n\n", "data: [DONE]\n\n")},
	{name: "sse-crlf", method: "POST", header: jsonHeader, body: chat, answer: pieces("text/event-stream",
		"data: {\"text\":\"O\"}\r\n\r\n", "data: {\"text\":\"i\",\"finishReason\":\"STOP\"}\r\n\r\n")},
	{name: "ndjson", method: "POST", header: jsonHeader, body: chat, answer: pieces("application/x-ndjson",
		"{\"response\":\"O\"}\n", "{\"response\":\"i\",\"done\":true}\n")},
	{name: "event-stream", method: "POST", header: jsonHeader, body: chat, answer: pieces(
		"application/vnd.amazon.eventstream", message("chunk", `{"p":"O"}`), message("chunk", `{"p":"i"}`))},
	{name: "chunked", answer: pieces(plain, "one ", "two ", "three\n")},
	{name: "content-length", answer: status(200, "sized", "Content-Length", "5", "Content-Type", plain)},
	{name: "empty", answer: status(200, "", "Content-Type", plain)},
	{name: "empty-flushed", answer: pieces(plain, "")},
	{name: "empty-bare", answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"] = nil // HTTP/2: the stream ends with the headers, and no length is said
		w.Header().Set("Content-Type", plain)
	}},
	{name: "until-close", only: "h1", answer: raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end")},
	{name: "http-1.0", only: "h1", answer: raw("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold")},
	{name: "http-1.0-length", only: "h1",
		answer: raw("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nold")},
	{name: "connection-close", answer: status(200, "bye", "Connection", "close", "Content-Type", plain)},
	{name: "large", answer: text(plain, strings.Repeat("All work and no play makes a dull tape. 0123456789\n", 41121))},
	{name: "large-upload", method: "POST", body: strings.Repeat("0123456789abcdef", 1<<16), answer: counted,
		header: http.Header{"Content-Type": {"application/octet-stream"}}},

	echoed("bytes-not-utf8", "caf\xe9 \xff\xfe end"),
	echoed("bytes-nul", "a\x00b\x00\n"),
	echoed("bytes-control", "bell\x07 escape\x1b[0m del\x7f next\u0085line"),
	echoed("text-crlf", "first\r\nsecond\r\n\r\n"),
	echoed("text-u2028", "line\u2028separator\u2029paragraph\nnext"),
	echoed("text-emoji", "smile \U0001F600 and family \U0001F468\u200d\U0001F469\n"),
	echoed("text-bom", "\ufeffmarked"),
	echoed("text-ends-in-spaces", "two lines\nwith spaces   "),
	echoed("text-ends-in-newlines", "much air\n\n\n\n"),
	echoed("text-begins-with-newline", "\n\nafter air\n  indented\n"),
	echoed("text-begins-with-space", "  indented\nnot indented\n"),
	echoed("text-spaces-at-line-end", "wide \nnarrow\n"),
	echoed("text-one-newline", "\n"),
	echoed("text-tab", "column\tcolumn\n\tindented\n"),
	echoed("text-yes", "yes"),
	echoed("text-number", "0123"),
	echoed("text-document", "--- not: a document"),
	echoed("text-quotes", `it's "quoted": \ and # more`),
}
