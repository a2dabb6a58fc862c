"""What makes two requests the same, and which recorded one answers. Pure."""
