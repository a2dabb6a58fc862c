import random
import string

import pytest

from tapehead.redact.looks_random import SHORT, is_id, is_mixed, looks_generated, looks_like_password, looks_random

ALPHANUMERIC = string.ascii_letters + string.digits


@pytest.mark.parametrize(
    "alphabet",
    [
        ALPHANUMERIC,
        string.ascii_lowercase + string.digits,
        string.ascii_uppercase + string.digits,
        string.ascii_letters,
        "0123456789abcdef",
        ALPHANUMERIC + "-_",
        ALPHANUMERIC + "+/",
        ALPHANUMERIC + "!#$%&*+-./:=?@^_~\"'<>",
    ],
)
def test_random_values(alphabet: str) -> None:
    """Of a thousand random values of 32 characters at most five are taken for words, of 24 at most 2 in 100."""
    choose = random.Random(1)
    for length, most in ((32, 5), (24, 20)):
        values = ("".join(choose.choices(alphabet, k=length)) for _ in range(1000))
        assert most >= sum(not looks_random(value) for value in values)


@pytest.mark.parametrize(
    "value",
    [
        "claude-sonnet-4-5",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "accounts/fireworks/models/llama-v3p1-405b-instruct",
        "conversation_id",
        "componentDidMountAndUnmount",
        "BetaManagedAgentsWebFetchToolConfigParam",
        "America/Argentina/Buenos_Aires",
        "2026-11-27T14:45:53.123456Z",
        "20261127T144553Z",
        "https://example.com/q7Zx9dcba98HkLm21ZYXwvuts",
        "q7Zx9dcba98HkLm21ZYXwvuts@example.com",
        "/etc/q7Zx9dcba98HkLm21ZYXwvuts",
        "q7Zx9dcba98HkLm21ZYXwvuts.png",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "aaaaaaaabbbbbbbbcccccccc",
        "XVXVXVXVXVXVXVXVXVXV",
        "q7Zx9dcba98HkLm21 ZYXwvuts",
        "f(q7Zx9dcba98HkLm21ZYXwvuts)",
        "12345678901234567890",
        "q7Zx9dcba",
    ],
)
def test_what_people_write(value: str) -> None:
    """Names, models, places, times, paths, addresses and alphabets look like none, however long they are."""
    assert not looks_random(value)


@pytest.mark.parametrize(
    "value",
    [
        "shapelessKey0001",
        "k3jh4k5jh3k4j5h",
        "k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45",
        "0a1b2c3d4e5f607182",
        "pefiWd%=erIGN:zb",
    ],
)
def test_what_nobody_writes(value: str) -> None:
    """A run in which letters and digits are mixed, and marks, look like a credential where the name says nearly enough."""
    assert looks_generated(value)


@pytest.mark.parametrize(
    "value",
    [
        "a1b2c3d4e5f",
        "conversation_id",
        "reports/2026-q3.pdf",
        "gpt-4o-mini-2024-07-18",
        "123456789012345",
        "with a blank 0a1b2c3d4e5f",
        "20260131T093000Z",
        "2026-10-18T11:00:00Z",
        "2026-10-18T11:00",
        "2026-10-18T11:00:00.123456+02:00",
        "tenant42:user1007:cart",
        "2001:db8:85a3::8a2e:370:7334",
        "00:1B:44:11:3A:B7",
        "https://example.com/a1b2c3d4e5f6g7",
        "lang=De&zone=Utc+1",
    ],
)
def test_what_does_not_even_where_the_name_says_nearly_enough(value: str) -> None:
    """What is short, has a blank, or is made of words and numbers does not."""
    assert not looks_generated(value)


def test_how_long() -> None:
    """With a name that says nearly enough a value may be shorter, and less random."""
    assert [False, True] == [looks_random("q7Zx9dcbLm4T", least) for least in (16, SHORT)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tr0ub4dor&3", True),
        ("p4ssW0rd!x", True),
        ("Password", False),
        ("hunter2", False),
        ("docs/Getting-started", False),
        ("user@Example.com", False),
        ("Short1!", False),
        ("two Words 1!", False),
    ],
)
def test_passwords(value: str, expected: bool) -> None:
    """A password that people make has characters of three kinds, and is no word for all that."""
    assert expected == looks_like_password(value)


def test_mixed() -> None:
    """Letters and digits in turn, or letters that are no word, are mixed; a word and a text are not."""
    assert [True, True, False, False, False] == [
        is_mixed(value) for value in ("hunter2", "qzxkvj", "dragon", "two words 2b", "12345678")
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("123e4567-e89b-12d3-a456-426614174000", True),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", True),
        ("d41d8cd98f00b204e9800998ecf8427e", True),
        ("sha256:" + "ab" * 32, True),
        ("d41d8cd98f00b204e9800998ecf8427", False),
        ("q7Zx9dcba98HkLm21ZYXwvutsRQPON0", False),
    ],
)
def test_ids(value: str, expected: bool) -> None:
    """UUIDs, ULIDs and digests are known by their form."""
    assert expected == is_id(value)
