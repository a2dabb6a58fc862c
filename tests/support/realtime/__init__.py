"""A stand-in for a realtime server: event sequences, a server that speaks them, and a client that knows its lines."""
