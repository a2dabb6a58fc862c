import uuid

import pytest

from tapehead.redact.credential_looks import looks_random


@pytest.mark.parametrize(
    "text",
    [
        "shapelessKey0001",
        "k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45",
        "0a1b2c3d4e5f607182",
        str(uuid.UUID(int=0xA1B2C3 << 100)),
    ],
)
def test_random(text: str) -> None:
    """A long run in which letters and digits are mixed looks like a credential."""
    assert looks_random(text)


@pytest.mark.parametrize(
    "text",
    [
        "a1b2c3d4e5f",
        "conversation_id",
        "reports/2026-q3.pdf",
        "gpt-4o-mini-2024-07-18",
        "123456789012345",
        "with a blank 0a1b2c3d4e5f",
    ],
)
def test_plain(text: str) -> None:
    """What is short, has a blank, or is made of words and numbers does not."""
    assert not looks_random(text)
