"""What must never reach the disk: credentials in headers, query and form. Pure."""
