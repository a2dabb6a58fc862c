"""What makes two requests the same, and what the nearest one differs in. Pure."""
