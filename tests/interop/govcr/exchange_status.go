package main

import "net/http"

const errorJSON = `{"error":{"message":"no","type":"invalid_request_error"}}`

// Status lines, answers without a body, redirects, errors.
var statusExchanges = []exchange{
	{name: "no-content", method: "DELETE", answer: status(204, "")},
	{name: "no-content-raw-length", only: "h1", answer: raw("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")},
	{name: "not-modified", header: http.Header{"If-None-Match": {`"v1"`}}, answer: status(304, "", "Etag", `"v1"`)},
	{name: "not-modified-length", only: "h1", answer: status(304, "", "Content-Length", "5", "Content-Type", plain)},
	{name: "not-modified-raw-length", only: "h1",
		answer: raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n")},
	{name: "head-length", method: "HEAD", answer: status(200, "", "Content-Length", "1234", "Content-Type", plain)},
	{name: "head-bare", method: "HEAD", answer: status(200, "", "Content-Type", plain)},
	{name: "head-zero", method: "HEAD", answer: status(200, "", "Content-Length", "0", "Content-Type", plain)},
	{name: "head-flushed", method: "HEAD", answer: pieces(plain, "never seen")},
	{name: "head-raw-chunked", method: "HEAD", only: "h1",
		answer: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n")},
	{name: "head-not-found", method: "HEAD", answer: status(404, "", "Content-Length", "9")},
	{name: "redirect", answer: status(302, "", "Location", "/redirected?from=redirect#top")},
	{name: "redirected", target: "/redirected?from=redirect", answer: text(plain, "here")},
	{name: "redirect-body", method: "POST", header: jsonHeader, body: chat,
		answer: status(307, "<a href>moved</a>", "Location", "https://other.invalid/v1/chat", "Content-Type", "text/html")},
	{name: "bad-request", answer: status(400, errorJSON, "Content-Type", json)},
	{name: "not-found", answer: status(404, errorJSON, "Content-Type", json)},
	{name: "rate-limited", method: "POST", header: jsonHeader, body: chat, answer: status(429, errorJSON,
		"Content-Type", json, "Retry-After", "1", "Retry-After-Ms", "1250", "X-Should-Retry", "true")},
	{name: "server-error", answer: status(500, "oops\n", "Content-Type", plain)},
	{name: "overloaded", answer: status(529, errorJSON, "Content-Type", json)},
	{name: "code-299", answer: status(299, "unheard of", "Content-Type", plain)},
	{name: "code-418", answer: status(418, "short and stout", "Content-Type", plain)},
	{name: "reason-custom", only: "h1", answer: raw("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok")},
	{name: "reason-long", only: "h1", answer: raw("HTTP/1.1 200  All is  well \r\nContent-Length: 2\r\n\r\nok")},
	{name: "reason-empty", only: "h1", answer: raw("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok")},
	{name: "reason-none", only: "h1", answer: raw("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")},
	{name: "reason-529", only: "h1", answer: raw("HTTP/1.1 529 Overloaded\r\nContent-Length: 2\r\n\r\nno")},
	{name: "reason-404-none", only: "h1", answer: raw("HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno")},
}
