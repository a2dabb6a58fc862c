"""The matrix of SDKs: its rows, what they need, how one is run, and the table; the programs are in `tests/interop/matrix`."""
