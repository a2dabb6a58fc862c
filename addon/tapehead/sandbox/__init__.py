"""A command in a network of its own, where the proxy's ports are the only way out. Linux, without root."""
