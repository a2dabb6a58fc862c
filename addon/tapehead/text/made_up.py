"""What parts of a text that is made up anew for each run look like: dates, times, ids. A table, the narrowest first."""

_HEX = "[0-9a-f]"
PATTERNS: tuple[str, ...] = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?",  # ISO 8601
    r"\d{4}-\d\d-\d\d",
    rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",  # a UUID
    r"[A-Z][a-z]+ \d\d?, \d{4}",  # November 27, 2026
    r"\d\d? [A-Z][a-z]+ \d{4}",
    r"\d\d?[./]\d\d?[./]\d{4}",
    r"\d\d?:\d\d(:\d\d)?( ?[AP]M)?",
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    r"/tmp/[\w./-]+",  # noqa: S108 -- a pattern, no file
    r"\b\d{10,19}\b",  # seconds since 1970, or parts of them
    rf"\b{_HEX}{{16,}}\b",
    r"\b[a-z]+_\w{16,}\b",
)
