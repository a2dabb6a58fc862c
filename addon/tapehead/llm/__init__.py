"""What the providers' traffic says. Pure: no mitmproxy, no sockets, bodies arrive as decoded bytes."""
