"""`python -m tapehead` is the `tapehead` command."""

from tapehead.cli.main import main

main(prog_name="tapehead")
