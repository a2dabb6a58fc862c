"""What of a credential is left in a line of the log: nothing, however broken the request that the line tells of."""

import pytest

from tapehead.redact.log_lines import redact_line
from tapehead.redact.names import ROWS, Proof, Where
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor

VALUE = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            f"Invalid header line: b'Authorization: Bearer {VALUE}'",
            "Invalid header line: b'Authorization: [REDACTED:header]'",
        ),
        (f"Invalid header line: b'X-Api-Key {VALUE}'", "Invalid header line: b'X-Api-Key [REDACTED:header]'"),
        (f"Authorization Bearer {VALUE} and more", "Authorization [REDACTED:header]"),
        (f"(b'cookie', b'a={VALUE}'), (b'x', b'1')", "(b'cookie', b'[REDACTED:header]'), (b'x', b'1')"),
        (f'{{"Proxy-Authorization": "Basic {VALUE}", "n": 1}}', '{"Proxy-Authorization": "[REDACTED:header]", "n": 1}'),
        (rf"b'Set-Cookie: a={VALUE}\r\nX: 1'", r"b'Set-Cookie: [REDACTED:header]\r\nX: 1'"),
        ("GET http://u:PASSWORD@host/x HTTP/1.1", "GET http://host/x HTTP/1.1"),
        (f"CONNECT u:{VALUE}@host:443 HTTP/1.1", "CONNECT host:443 HTTP/1.1"),
        (f"b'GET /x?key={VALUE}&a=1 HTTP/9.9'", "b'GET /x?key=[REDACTED:query]&a=1 HTTP/9.9'"),
        (f"at https://h/x?token={VALUE}", "at https://h/x?token=[REDACTED:query]"),
        (f"bad method sk-ant-api03-{VALUE}", "bad method [REDACTED:anthropic-key]"),
    ],
)
def test_lines(line: str, expected: str) -> None:
    """Headers, users of URLs, parameters of queries and keys; a second time nothing changes."""
    redactor = Redactor()

    assert expected == redact_line(line, redactor)
    assert expected == redact_line(expected, redactor)


@pytest.mark.parametrize(
    "line",
    [
        "missing authorization header",
        "session default: 2 replayed, 1 missed",
        "GET https://host/x?a=1&page=2 200",
        "cookie jar is empty",
        "user@host is no URL",
    ],
)
def test_harmless_lines(line: str) -> None:
    """What only speaks of headers and URLs stays."""
    assert line == redact_line(line, Redactor())


def test_what_the_redactor_knows() -> None:
    """Values of the environment, and the user's own rules, hold for the log too."""
    redactor = Redactor(parse_rules(["query:trace"], []), {"MY_KEY": "shapeless0001"})

    assert "a [REDACTED:value] /x?trace=[REDACTED:query]" == redact_line("a shapeless0001 /x?trace=1", redactor)


def test_every_header_of_the_table() -> None:
    """No header of the table passes; one whose name is a single word is none where its value says nothing."""
    names = ["-".join(row.words) for row in ROWS if row.where & Where.HEADER and row.proof is not Proof.NEVER]
    assert 40 < len(names)
    for name in names:
        assert f"b'{name}: [REDACTED:header]'" == redact_line(f"b'{name}: {VALUE}'", Redactor())
    for line in ("key: /a/file.yaml", "helicone-auth: [REDACTED:header]", "token: 12", "next-token: abc", "cookie: "):
        assert line == redact_line(line, Redactor())
