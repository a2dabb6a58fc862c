"""Conversations: both sides speak by turns, or when they like, within one interaction.

Knows how one goes on as recorded, and when it does not. How messages go over the wire is `mitm`'s.
"""
