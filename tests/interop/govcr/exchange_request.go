package main

import (
	"net/http"
	"strings"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	boundary   = "tape-boundary"
	multipart  = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n" +
		"--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n" +
		"Content-Type: application/octet-stream\r\n\r\n\x00\x01\xff\r\n--" + boundary + "--\r\n"
)

func typed(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }

// What a request can be: methods, targets, forms, uploads, header fields.
var requestExchanges = []exchange{
	{name: "form-post", method: "POST", header: typed(urlencoded), body: "b=2&a=1&b=3&empty=&bare&sp=a+b%20c", answer: heard},
	{name: "form-post-query", method: "POST", target: "/form?b=query&c=%C3%A9", header: typed(urlencoded),
		body: "b=body&a=1&b=again", answer: heard},
	{name: "form-post-charset", method: "POST", header: typed(urlencoded + "; charset=UTF-8"), body: "a=1", answer: heard},
	{name: "form-post-untyped", method: "POST", body: "a=1", answer: heard},
	{name: "form-post-unsized", method: "POST", header: typed(urlencoded), body: "a=1&b=2", unsized: true, answer: heard},
	{name: "form-put", method: "PUT", target: "/form?q=1", header: typed(urlencoded), body: "a=1", answer: heard},
	{name: "form-patch", method: "PATCH", header: typed(urlencoded), body: "a=1", answer: heard},
	{name: "form-delete", method: "DELETE", target: "/form?q=1", header: typed(urlencoded), body: "a=1", answer: heard},
	{name: "form-get", target: "/form?q=1", header: typed(urlencoded), body: "a=1", answer: heard},
	{name: "form-numeric-names", target: "/form?a10=1&a9=2&A=3&_=4&%F0%9F%98%80=5&10=6&9=7", answer: heard},
	{name: "multipart", method: "POST", target: "/files?q=1", header: typed("multipart/form-data; boundary=" + boundary),
		body: multipart, answer: heard},
	{name: "query-escapes", target: "/query?q=a%20b+c%2Bd%26e&utf=%E4%B8%96%E7%95%8C&path=%2Fa%2fb", answer: heard},
	{name: "query-empty-value", target: "/query?a=&b&c=1&a=2&=nameless", answer: heard},
	{name: "query-bare", target: "/query?", answer: heard},
	{name: "query-raw-utf8", target: "/query?q=世界", answer: heard},
	{name: "query-brackets", target: "/query?filter[a]=1&list={x,y}|z", answer: heard},
	{name: "path-escapes", target: "/a%2Fb/c%20d/%C3%A9/~e;v=1/f:g@h", answer: heard},
	{name: "path-dots", target: "/a/./b/../c//d", answer: heard},
	{name: "path-empty", bare: true, answer: heard},
	{name: "path-empty-query", target: "?q=1", answer: heard},
	{name: "fragment", target: "/page?q=1#part", answer: heard},
	{name: "userinfo", user: "alice:wonder", answer: heard},
	{name: "host-override", host: "other.example", answer: heard},
	{name: "put", method: "PUT", header: jsonHeader, body: `{"a":1}`, answer: heard},
	{name: "patch", method: "PATCH", header: jsonHeader, body: `{"a":1}`, answer: heard},
	{name: "post-empty", method: "POST", header: jsonHeader, answer: heard},
	{name: "delete", method: "DELETE", answer: heard},
	{name: "delete-body", method: "DELETE", header: jsonHeader, body: `{"a":1}`, answer: heard},
	{name: "get-body", header: jsonHeader, body: `{"a":1}`, answer: heard},
	{name: "options", method: "OPTIONS", answer: status(200, "", "Allow", "GET, POST")},
	{name: "method-custom", method: "PURGE", answer: heard},
	{name: "method-small", method: "patch", header: jsonHeader, body: `{"a":1}`, answer: heard},
	{name: "method-mixed", method: "mKcol-x", answer: heard},
	{name: "query-repeated", target: "/query?b=2&a=1&b=1&a=2&B=3&b=2", answer: heard},
	{name: "upload-unsized", method: "POST", header: jsonHeader, body: chat, unsized: true, answer: heard},
	{name: "upload-unsized-empty", method: "POST", header: jsonHeader, unsized: true, answer: heard},
	{name: "upload-trailers", method: "POST", header: jsonHeader, body: chat, unsized: true,
		trailer: http.Header{"X-Checksum": {"abc"}, "X-Many": {"b", "a"}}, answer: heard},
	{name: "upload-expect", method: "POST", body: chat, answer: heard,
		header: http.Header{"Content-Type": {json}, "Expect": {"100-continue"}}},
	{name: "upload-refused", method: "POST", header: typed("application/octet-stream"), body: strings.Repeat("x", 8<<20),
		early: true, answer: status(413, "too much", "Content-Type", plain)},
	{name: "agent-unset", answer: heard},
	{name: "agent-set", header: http.Header{"User-Agent": {"OpenAI/Go 2.3.0"}}, answer: heard},
	{name: "agent-empty", header: http.Header{"User-Agent": {""}}, answer: heard},
	{name: "accept-multiple", header: http.Header{"Accept": {"text/event-stream", "application/json, text/plain"}}, answer: heard},
	{name: "accept-empty", header: http.Header{"Accept": {""}}, answer: heard},
	{name: "accept-padded", header: http.Header{"Accept": {"  text/plain "}}, answer: heard},
	{name: "accept-lower-case", header: http.Header{"accept": {"text/plain"}}, answer: heard},
}
