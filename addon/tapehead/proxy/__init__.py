"""The addon that mitmproxy runs: as a script of mitmdump's, or embedded in the `tapehead` command."""
