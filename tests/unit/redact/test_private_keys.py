"""Finding private keys: in every form in which an agent sees one, and not where code only names the markers."""

import json
import time

import pytest

from tapehead.redact.edits import apply
from tapehead.redact.private_keys import LITERALS, find_private_keys
from tests.unit.redact.key_samples import HEX, WORD

HIDDEN = "[REDACTED:private-key]"
BEGIN, END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
LINES = [(WORD * 2)[:64], (WORD * 2)[5:69], "Yz3Qr9St0Uv1Wx2w=="]
KEY = [BEGIN, *LINES, END]


def clean(text: str) -> str:
    """The text without its private keys."""
    data = text.encode()
    assert any(literal in data.decode("latin-1") for literal in LITERALS)
    return apply(data, sorted(find_private_keys(data))).decode()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\\n", "\\\\n", "\\r\\n", "%0A", " "])
@pytest.mark.parametrize("label", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP BLOCK"])
def test_armour(label: str, end: str) -> None:
    """Everything from BEGIN to END goes, whatever the lines end with."""
    block = label == "PGP BLOCK"
    kind = "PGP PRIVATE KEY BLOCK" if block else f"{label}PRIVATE KEY"
    text = end.join([f"-----BEGIN {kind}-----", *LINES, f"-----END {kind}-----"])

    assert f"a {HIDDEN} b" == clean(f"a {text} b")


@pytest.mark.parametrize(
    "line",
    [
        "> {1}",
        "    {1}",
        "+{1}",
        "{0:6}\t{1}",
        "{0:6}\u2192{1}",
        "{0}: {1}",
        "| {1} |",
        '"{1}\\n" +',
        "'{1}\\n'",
        "//  {1}",
    ],
)
@pytest.mark.parametrize("ends", [True, False])
def test_lines_with_something_around(line: str, ends: bool) -> None:
    """Numbers of lines, quotes, indentation do not hide a key, and without its END it goes as far as it can be the key."""
    text = "\n".join(line.format(n, each) for n, each in enumerate(KEY[: None if ends else -1], 1))
    cleaned = clean(f"{text}\nbye")

    assert cleaned.endswith("\nbye")
    assert HIDDEN in cleaned
    assert [] == [each for each in LINES if each[:12] in cleaned]


def test_other_armours() -> None:
    """Encrypted keys with their headers, SSH2's four dashes, OpenPGP's version and checksum."""
    dek = [BEGIN, "Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-128-CBC,{HEX[:32].upper()}", "", *LINES]
    ssh2 = [
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
        "Comment: me",
        *LINES,
        "---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    ]
    pgp = ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "Version: GnuPG v2", "", *LINES, "=aBcD"]
    for lines in (dek, [*dek, END], ssh2):
        assert HIDDEN == clean("\n".join(lines))
    assert f"{HIDDEN}\n=aBcD" == clean("\n".join(pgp))
    assert HIDDEN == clean("\n".join([*pgp, "-----END PGP PRIVATE KEY BLOCK-----"]))


def test_several_strings_of_json() -> None:
    """One literal a line: each loses its line, and the document keeps its structure and all its names."""
    assert {"lines": [HIDDEN, "", "", "", END], "n": 1} == json.loads(clean(json.dumps({"lines": KEY, "n": 1})))
    objects = [{"type": "text", "text": each} for each in KEY]
    assert [HIDDEN, "", "", "", END] == [each["text"] for each in json.loads(clean(json.dumps(objects)))]
    joined = json.dumps({"a": f"{BEGIN}\n{LINES[0]}", "b": "words", "c": f"{LINES[1]}\n{END}", "d": f"see {END}"})
    assert {"a": HIDDEN, "b": "words", "c": "", "d": f"see {END}"} == json.loads(clean(joined))


def test_quotes_that_are_no_strings() -> None:
    """Quotes between the lines stay, and what has nothing of the key between them."""
    assert f'{HIDDEN}"a"' == clean(f'{BEGIN} "a" {LINES[0]} {LINES[1]} {END}')
    assert f'{HIDDEN}"' == clean(f'{BEGIN} " {LINES[0]} {LINES[1]} {END}')


def test_one_after_the_other() -> None:
    """A second BEGIN ends the first key; what is between two keys stays."""
    both = "\n".join([*KEY, "middle", *KEY])

    assert f"{HIDDEN}\nmiddle\n{HIDDEN}" == clean(both)
    assert f"{HIDDEN}\n{HIDDEN}" == clean("\n".join([*KEY[:-1], *KEY]))


@pytest.mark.parametrize(
    "text",
    [
        f'if s.startswith("{BEGIN}") and s.endswith("{END}"):',
        f"{BEGIN}",
        f"{BEGIN}\n...\n{END}",
        f"{BEGIN}\n${{config.privateKeyBase64Body}}\n{END}",
        f"{BEGIN}\nyour private key goes here, on some lines\n{END}",
        f"{BEGIN} and {BEGIN} are lines",
        f"-----BEGIN PRIVATE MESSAGE-----\n{LINES[0]}",
        "PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 2\n",
        "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2\n",
        f'{{"kty": "RSA", "n": "{WORD}", "e": "AQAB"}}',
        f'{{"kty": "RSA"}}, {{"d": "{WORD}"}}',
    ],
)
def test_what_is_no_private_key(text: str) -> None:
    """Markers in code, placeholders and public keys stay."""
    assert text == clean(text)


def test_most_of_it() -> None:
    """An END that is too far away is none of this key's."""
    text = f"{BEGIN}\n{LINES[0]}\n{'no key at all ' * 2000}\n{END}"

    assert text.replace(f"{BEGIN}\n{LINES[0]}", HIDDEN) == clean(text)


def test_putty() -> None:
    """Of PuTTY's file the private lines and the checksum over them go, with or without an end."""
    head = f"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPublic-Lines: 1\n{LINES[0]}\n"
    body = f"Private-Lines: 2\n{LINES[1]}\n{LINES[2]}"

    assert f"{head}{HIDDEN}\nx" == clean(f"{head}{body}\nPrivate-MAC: {HEX}\nx")
    assert f"{head}{HIDDEN}\n{head}{HIDDEN}" == clean(f"{head}{body}\n{head}{body}")


def test_jwk() -> None:
    """Of a JSON Web Key the private members go, wherever they stand in it, also in JSON within JSON; the public ones stay."""
    rsa = {"d": WORD, "kty": "RSA", "n": WORD, "p": WORD, "qi": WORD, "e": "AQAB", "key_ops": ["sign"]}
    hidden = rsa | {"d": HIDDEN, "p": HIDDEN, "qi": HIDDEN}
    shared = {"kty": "oct", "k": WORD, "alg": "HS256"}

    assert {"keys": [hidden, shared | {"k": HIDDEN}]} == json.loads(clean(json.dumps({"keys": [rsa, shared]})))
    assert hidden == json.loads(json.loads(clean(json.dumps({"t": json.dumps(rsa)})))["t"])
    assert f'{{"kty":"EC","d":"{HIDDEN}"' == clean(f'{{"kty":"EC","d":"{WORD}"')


@pytest.mark.parametrize(
    "piece",
    [
        BEGIN,
        f"{BEGIN}\n{LINES[0]}\n",
        f"{BEGIN}{END}",
        '"kty":',
        '{"kty":',
        "PuTTY-User-Key-File-2",
        "Private-Lines: 1",
    ],
)
def test_linear(piece: str) -> None:
    """Ten times as much takes about ten times as long."""

    def seconds(times: int) -> float:
        data = piece.encode() * times
        start = time.process_time()
        list(find_private_keys(data))
        return time.process_time() - start

    assert seconds(20_000) < 40 * max(seconds(2000), 0.002)
