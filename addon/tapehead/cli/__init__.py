"""The `tapehead` command. Each of its words is a module of its own; `main` gathers them."""
