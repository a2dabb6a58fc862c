"""HTTP bodies, headers and streams, as bytes: content codings, Go's view of headers and forms, stream events.

Pure. Knows no mitmproxy, no sockets, and nothing of what the bytes mean to a provider (see `tapehead.llm`).
"""
