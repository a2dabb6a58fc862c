"""A proxy in this process and a command that goes through it: what `record`, `replay` and `auto` share."""
