"""`scripts/servers`: real servers, recorded by their own clients; the programs are in `tests/interop/servers`."""
