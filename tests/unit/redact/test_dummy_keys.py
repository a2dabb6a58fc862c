"""Telling examples from keys."""

import json

import pytest

from tapehead.redact.redactor import Redactor
from tests.unit.redact.key_samples import LONG, WORD


@pytest.mark.parametrize(
    "dummy",
    [
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
        "sk_test_26PHem9AhJZvU623DfE1x4sd",
        "AIzaSyabcdefghijklmnopqrstuvwxyz1234567",
        *(f"gh{kind}_16C7e42F292c6912E7710c838347Ae178B4a" for kind in "pou"),
        "ghr_1B4a2e77838347a7E420ce178F2E7c6912E169246c34E1ccbF66C46812d16D5B1A9Dc86A1498",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "sk-no-key-required",
        "sk-xxxx",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-ant-api03-xxxxxxxxxxxx-xxxxxxxxxxxxxx",
        "ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "gsk_0000000000000000000000000000000000000000000000000000",
        "sk-ant-your-api-key-here",
        "sk-ant-api03-your-key-goes-here-2024",
        "sk-proj-YOUR_API_KEY_GOES_HERE_PLEASE",
        "xoxb-123456789012-your-token",
        "lsv2_pt_placeholder_placeholder_1",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "IQoJb3JpZ2luX2Vj" + "EOz" + "A" * 60 + "wEXAMPLEtMSJHM" + WORD * 9,
    ],
)
def test_dummies(dummy: str) -> None:
    """What documentation shows, and what stands where a key is to be put, stays byte for byte."""
    text = json.dumps({"a": f"use {dummy} or API_KEY={dummy}", "b": dummy})

    assert text == Redactor().text(text)


@pytest.mark.parametrize(
    "key", [f"sk-ant-{WORD}xxxx", f"sk-ant-{WORD}-yours", f"nvapi-{LONG}-your-{LONG}", f"sk-{WORD}no-key"]
)
def test_no_dummies(key: str) -> None:
    """A few letters that an example has, too, make no example of a key."""
    assert key[10:40] not in Redactor().text(key)
