"""tapehead: a recording forward proxy for LLM traffic.

The addon scripts `record.py` and `replay.py` are the entry; `tapehead.cassette` is the Python interface to the files.
"""

__version__ = "0.2.0"
