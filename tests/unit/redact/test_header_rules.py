from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.steering_headers import Answer


def test_request_headers() -> None:
    """Of a request Accept, Content-Type and User-Agent are kept, in canonical case and order of values."""
    headers = [("accept", " a "), ("X-Other", "1"), ("content-type", "t"), ("accept", "b"), ("USER-AGENT", "u")]

    assert {"Accept": ("a", "b"), "Content-Type": ("t",), "User-Agent": ("u",)} == HeaderRules().request(headers)


def test_gos_own_user_agent_is_left_out() -> None:
    """Go adds it below go-vcr, which never sees it."""
    assert {} == HeaderRules().request([("User-Agent", "Go-http-client/2.0")])


def test_response_headers() -> None:
    """Of a response what steers a client is kept, and nothing else."""
    headers = [("retry-after-ms", "20"), ("x-request-id", "r"), ("date", "now"), ("server", "s"), ("Accept", "x")]

    assert {"Retry-After-Ms": ("20",), "X-Request-Id": ("r",)} == HeaderRules().response(headers)


def test_more_by_name_and_pattern() -> None:
    """Options add names and patterns, for both sides; framing is never a header."""
    rules = HeaderRules(extra=("x-ratelimit-*", "date"))
    headers = [("X-RateLimit-Limit", "9"), ("Date", "now"), ("X-Other", "1")]

    assert {"X-Ratelimit-Limit": ("9",), "Date": ("now",)} == rules.response(headers)
    assert {"Content-Type": ("t",)} == HeaderRules(extra=("*",)).response(
        [("content-length", "1"), ("transfer-encoding", "chunked"), ("connection", "close"), ("content-type", "t")]
    )


def test_what_is_remembered_is_bounded() -> None:
    """Many odd names do not fill the memory."""
    rules = HeaderRules()
    for number in range(10_500):
        rules.request([(f"x-{number}", "1")])

    assert len(rules._known) <= 10_001


def test_metadata_of_grpc_is_kept() -> None:
    """What a service says to its clients, and not what servers add to everything, unless a user wants it."""
    said = [
        ("content-type", "application/grpc"),
        ("x-cost", "7 "),
        ("x-cost", "8"),
        ("date", "now"),
        ("te", "trailers"),
    ]
    assert {"Content-Type": ("application/grpc",), "X-Cost": ("7", "8")} == HeaderRules().metadata(said)
    assert "Date" in HeaderRules(extra=("date",)).metadata(said)


def test_an_upgrade_is_kept_if_it_is_to_a_websocket() -> None:
    """Java's client offers `h2c` with every request in the clear, which a proxy does not take up."""
    offer = ("sec-websocket-protocol", "realtime")
    assert {"Upgrade": ("websocket",)} == HeaderRules().request([("upgrade", "websocket")])
    assert {"Sec-Websocket-Protocol": ("realtime",), "Upgrade": ("websocket",)} == HeaderRules().request(
        [offer, ("upgrade", "websocket")]
    )
    assert {} == HeaderRules().request([offer])
    assert {"Sec-Websocket-Protocol": ("realtime",)} == HeaderRules(extra=("*",)).request([offer])
    assert {} == HeaderRules().request([("Upgrade", "h2c")])


def test_headers_of_an_upgraded_answer() -> None:
    pairs = [("Upgrade", "websocket"), ("Sec-WebSocket-Protocol", "realtime"), ("Sec-WebSocket-Accept", "x")]

    assert ["Upgrade", "Sec-Websocket-Protocol"] == [*HeaderRules().response(pairs, Answer(code=101))]
    assert {} == HeaderRules().response(pairs, Answer(code=200))
