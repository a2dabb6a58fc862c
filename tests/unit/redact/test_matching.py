"""Redaction and matching together: what is the same request stays the same, and what differs stays different."""

import json
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette import Request
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules
from tapehead.redact.redactor import Redactor
from tests.unit.matching.respelling import json_text

KEYS = ("sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9", "shapelessKey0001", "another/Key+0002==")
TEXTS = st.sampled_from(
    [*KEYS, "hello", f"my key is {KEYS[0]}.", f"{KEYS[1]} and {KEYS[2]}", "é 😀", "", 'a "quoted" \\ text']
)
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "password", "api_key"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def redactor(*keys: str) -> Redactor:
    return Redactor(environment={f"{number}_API_KEY": key for number, key in enumerate(keys)})


def asked(body: str) -> Request:
    return Request(method="POST", url="https://h/v1", body=body.encode(errors="surrogatepass"))


@given(value=VALUES, seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=200)
def test_redact_then_match(value: object, seed: int) -> None:
    """Two spellings of one request are the same before and after they are redacted, and no key is left in either."""
    one, other = asked(json.dumps({"x": value})), asked(json_text({"x": value}, Random(seed)))
    redact, rules = redactor(*KEYS[1:]).request, Rules()
    first, second = redact(one), redact(other)

    assert request_key(one, rules) == request_key(other, rules)
    assert request_key(first, rules) == request_key(second, rules)
    for body in (first.body, second.body):
        assert not [key for key in KEYS if key in json.dumps(json.loads(body), ensure_ascii=False)]


@given(value=VALUES, key=st.sampled_from(["sk-ant-api03-Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2", "sk-ant-none-but-long-enough"]))
@settings(deadline=None, max_examples=100)
def test_another_key(value: object, key: str) -> None:
    """A request with one key in it and the same with another are the same once they are redacted."""
    one = asked(json.dumps({"x": value}))
    other = replace(one, body=one.body.replace(KEYS[0].encode(), key.encode()))
    redact = redactor(*KEYS[1:]).request

    assert request_key(redact(one), Rules()) == request_key(redact(other), Rules())


@given(value=VALUES, other=VALUES)
@settings(deadline=None, max_examples=100)
def test_what_differs_without_its_keys_differs(value: object, other: object) -> None:
    """Redaction makes requests the same only where they differ in what it takes out."""
    first, second = (redactor(*KEYS[1:]).request(asked(json.dumps({"x": each}))) for each in (value, other))

    assert (json.loads(first.body) == json.loads(second.body) and _types(first) == _types(second)) == (
        request_key(first, Rules()) == request_key(second, Rules())
    )


def _types(request: Request) -> str:
    """Python takes True for 1."""
    return json.dumps(json.loads(request.body), sort_keys=True)
