from tapehead.matching.header_agreement import by_name, header_rank

LIVE = by_name(
    [("accept", " a/b "), ("X-Two", "1"), ("x-two", "2"), ("content-type", "multipart/form-data; boundary=x")]
)


def test_names_are_canonical_and_values_stripped() -> None:
    """Headers are compared as recordings write them."""
    assert ("a/b",) == LIVE["Accept"]
    assert ("1", "2") == LIVE["X-Two"]


def test_absence_is_no_difference() -> None:
    """A header that was not recorded neither helps nor harms; one that was and agrees is better than none."""
    assert (0, 0) == header_rank({}, LIVE)
    assert (0, -1) == header_rank({"accept": ("a/b",)}, LIVE)
    assert (1, 0) == header_rank({"Accept": ("c/d",)}, LIVE)
    assert (1, 0) == header_rank({"X-Other": ("1",)}, LIVE)


def test_a_placeholder_is_no_difference() -> None:
    """What was redacted says nothing."""
    assert (0, 0) == header_rank({"Accept": ("[REDACTED:header]",)}, LIVE)


def test_a_boundary_is_no_difference() -> None:
    """A client makes it up anew for each request."""
    assert (0, -1) == header_rank({"Content-Type": ("multipart/form-data; boundary=other",)}, LIVE)
