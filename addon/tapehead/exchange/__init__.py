"""An exchange between mitmproxy's flow and a cassette's interaction: its bodies, its outcome, the options."""
