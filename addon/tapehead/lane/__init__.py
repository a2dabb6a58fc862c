"""The lane: what is surely known is answered on the connection itself, from bytes to bytes, without mitmproxy's streams."""
