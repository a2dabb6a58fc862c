"""Why no recorded interaction answers a request: the nearest one, in what it differs, and what to do. Pure."""
