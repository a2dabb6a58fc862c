"""What stands where a credential stood: a constant for each kind, so that the same input gives the same output."""


def placeholder(kind: str) -> bytes:
    """Returns `[REDACTED:kind]`, which is safe in JSON strings, forms, URLs and YAML."""
    return b"[REDACTED:%s]" % kind.encode()


def is_placeholder(data: bytes) -> bool:
    """Returns whether a text is one already, as it is after a first redaction."""
    return data.startswith(b"[REDACTED:") and data.endswith(b"]")
