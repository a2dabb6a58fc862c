"""A listener of our own before mitmproxy's: what surely has an answer gets it here, all else is handed on."""
