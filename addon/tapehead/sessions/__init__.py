"""Each client's own run through its own cassette: begun, named, asked for a verdict, ended."""
