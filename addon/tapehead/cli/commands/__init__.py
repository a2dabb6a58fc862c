"""The verbs of the `tapehead` command, one module each."""
