"""Conversations, in which both sides speak when they like: recorded as transcripts, and played by a script."""
