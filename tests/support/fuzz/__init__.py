"""The fuzzer: its engine, how it changes inputs, and what it throws them at; inputs are in `tests/fuzz`."""
