"""Text that is safe to show, and JSON pointers as people write them. Pure."""
