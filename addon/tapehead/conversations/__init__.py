"""Conversations: what is said by turns within one interaction, and answered while the client still speaks.

Knows how one goes on as recorded, and when it does not. How messages go over the wire is `mitm`'s.
"""
