import json
import time
from decimal import Decimal
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tapehead.matching.canonical_json import (
    MAX_DEPTH,
    READ_DEPTH,
    DuplicateKeyDict,
    canonicalize,
    dump_canonical,
    dump_number,
    parse_json,
)
from tests.unit.matching.respelling import DOCUMENTS, NUMBERS, RANDOMS, json_text, paths, replaced

FAST = settings(max_examples=200, deadline=None)
LITERALS = st.from_regex(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?", fullmatch=True) | st.builds(
    "{}{}e{}".format, st.sampled_from("123"), st.sampled_from(["", "0", ".0"]), st.integers(-2, 2)
)


def nested(depth: int) -> bytes:
    return b'{"a":[' * (depth // 2) + b"]}" * (depth // 2)


def exactly(text: str | bytes) -> object:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":2}', b'{ "b": 2,\n "a": 1 }'),
        (b'{"a":1}', b'{"a":1.0}'),
        (b'{"a":1}', b'{"a":10e-1}'),
        (b'{"a":100}', b'{"a":1e2}'),
        (b'{"a":0}', b'{"a":-0.0}'),
        (b'{"a":0}', b'{"a":0.0}'),
        (b'{"a":0}', b'{"a":0e99}'),
        (b'{"a":0.7}', b'{"a":7.00000000000000000000000000e-1}'),
        (b'{"a":0.30000000000000004}', b'{"a":30000000000000004e-17}'),
        (b'{"a":1e400}', b'{"a":10e399}'),
        (b'{"a":1e-400}', b'{"a":10e-401}'),
        (b'{"a":1e999999999}', b'{"a":10E+999999998}'),
        (b'{"a":1e22}', b'{"a":10000000000000000000000}'),
        (b'{"a":1e23}', b'{"a":100000000000000000000000}'),
        (b'{"a":1e39}', b'{"a":1' + b"0" * 39 + b"}"),
        (b'{"a":1e40}', b'{"a":1' + b"0" * 40 + b"}"),
        (b'{"a":999999999999999}', b'{"a":999999999999999.0}'),
        (b'{"a":"\\u00e9\\n"}', '{"a":"é\\u000a"}'.encode()),
        (b'{"a":"\\uD83D\\uDE00"}', '{"a":"😀"}'.encode()),
        (b'["\\ud800"]', b'["\\uD800"]'),
        (b'["\\/"]', b'["/"]'),
        (b'[{"a":[1,{"b":null}]}]', b' [ {"a":[1.0,{"b":null}]} ] '),
        (b'{"a":{"b":1,"b":[]},"c":0}', b'{"c":0,"a":{"b":1e0,"b":[]}}'),
        (b'{"b":0,"a":1,"a":2}', b'{"a":1,"b":0,"a":2}'),
        (b'{"a":1}', b'\xef\xbb\xbf {"a":1}'),
        (b'{"a":NaN,"b":1}', b'{"b":1.0,"a":NaN}'),
        (b'{"a":[Infinity,-Infinity],"b":1e400,"b":NaN}', b'{"b":10e399,"a":[Infinity, -Infinity],"b":NaN}'),
    ],
)
def test_same(one: bytes, other: bytes) -> None:
    """Key order, spacing, and the spelling of numbers and strings do not count."""
    assert canonicalize(one) is not None
    assert canonicalize(one) == canonicalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":0}', b'{"a":false}'),
        (b'{"a":null}', b"{}"),
        (b"[1,2]", b"[2,1]"),
        (b"[[],1]", b"[[1]]"),
        (b'{"a":1,"a":2}', b'{"a":2}'),
        (b'{"a":1,"a":1}', b'{"a":1}'),
        (b'{"a":1,"a":2}', b'{"a":2,"a":1}'),
        (b'{"a":NaN}', b'{"a":"NaN"}'),
        (b'{"a":NaN}', b'{"a":null}'),
        (b'{"a":Infinity}', b'{"a":-Infinity}'),
        (b'{"a":Infinity}', b'{"a":1e999}'),
        (b'{"a":9007199254740993}', b'{"a":9007199254740992}'),
        (b'{"a":0.1}', b'{"a":0.1000000000000000055511151231257827}'),
        (b'{"a":0.30000000000000004}', b'{"a":0.3}'),
        (b'{"a":0.30000000000000004}', b'{"a":0.300000000000000041}'),
        (b'{"a":4503599627370497.5}', b'{"a":4503599627370498}'),
        (b'{"a":5e-324}', b'{"a":6e-324}'),
        (b'{"a":1e999999999}', b'{"a":1e999999998}'),
        (b'{"a":1e-999999999}', b'{"a":0}'),
        (b'{"a":99999999999999999999999999999999999999999}', b'{"a":99999999999999999999999999999999999999998}'),
        (b'{"a":"e\\u0301"}', '{"a":"é"}'.encode()),
        (b'{"a":"\\ud800"}', b'{"a":"\\ud801"}'),
        (b'{"a":"\\ud800"}', '{"a":"\ufffd"}'.encode()),
        (b'{"a":1}', b'{"a":-1}'),
        (b'{"a":"b"}', b'{"A":"b"}'),
    ],
)
def test_different(one: bytes, other: bytes) -> None:
    """What differs in a value is spelt differently."""
    assert canonicalize(one) is not None
    assert canonicalize(one) != canonicalize(other)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"plain",
        b"1",
        b'"a"',
        b"[nan]",
        b"[-NaN]",
        b"[+Infinity]",
        b"[1e99999999999999999999]",  # beyond what Decimal holds
        b'["\xff"]',
        b'["a\nb"]',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"\xef\xbb\xbf",
        '{"a":1}'.encode("utf-16-le"),
    ],
)
def test_no_json(body: bytes) -> None:
    """What is no JSON object or array has no spelling, and no value."""
    assert canonicalize(body) is None
    assert parse_json(body) is None


@pytest.mark.parametrize(
    ("body", "spelt"),
    [
        (b' "\\u0061" ', b'"a"'),
        (b"1.50", b"1.5"),
        (b"1" + b"0" * 50, b"1e50"),
        (b"true", b"true"),
        (b"{}", b"{}"),
        (b"", None),
        (b"plain", None),
    ],
)
def test_scalars(body: bytes, spelt: bytes | None) -> None:
    """Where any JSON text is asked for, a lone string or number is one."""
    assert spelt == canonicalize(body, scalars=True)


@pytest.mark.parametrize(
    ("number", "spelt"),
    [
        ("0E+3", "0"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("-1200", "-1200"),
        ("0.00001", "1e-05"),
        ("123456789012345e-20", "1.23456789012345e-06"),
        ("1234567890123456e-20", "1.234567890123456e-05"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.300000000000000041", "300000000000000041e-18"),
        ("0.20000000298023224", "0.20000000298023224"),
        ("5e-324", "5e-324"),
        ("6e-324", "6e-324"),
        ("4503599627370497.5", "45035996273704975e-1"),
        ("1" * 400 + ".5", "1" * 400 + "5e-1"),
        ("5e-400", "5e-400"),
        ("1e+22", "1" + "0" * 22),
        ("1e+23", "1" + "0" * 23),
        ("-7e999999999", "-7e999999999"),
        ("1" * 40, "1" * 40),
        ("1" * 41, "1" * 41 + "e0"),
    ],
)
def test_numbers(number: str, spelt: str) -> None:
    """Short integers and decimals are spelt as people do, others by digits and exponent; all of them are JSON."""
    assert spelt == dump_number(Decimal(number))
    assert f"[{spelt}]".encode() == canonicalize(f"[{number}]".replace("E+", "e").encode())


def test_depth() -> None:
    """JSON of the greatest depth is spelt; deeper JSON is none, however deep, and no error."""
    assert nested(MAX_DEPTH) == canonicalize(nested(MAX_DEPTH))
    assert parse_json(nested(READ_DEPTH)) is not None
    assert parse_json(nested(READ_DEPTH + 2)) is None  # it is not read to be compared
    assert canonicalize(nested(MAX_DEPTH)[:-1] + b',"a":1}') is not None  # spelt the exact way
    for body in (nested(MAX_DEPTH + 2), nested(2000), nested(200_000), b"[" * 200_000):
        assert canonicalize(body) is None
        assert parse_json(body) is None


def test_brackets_are_not_depth() -> None:
    """Many brackets side by side, or inside strings, are no depth."""
    wide = b"[" + b",".join([b"[]"] * 5_000) + b"]"
    text = b'["' + b"[{" * 5_000 + b'\\"[\\\\"]'

    assert wide == canonicalize(wide)
    assert text == canonicalize(text)


def test_edit() -> None:
    """The value can be changed before it is spelt, also where it is read the exact way."""

    def edit(value: dict[str, object]) -> None:
        value["b"] = "new"

    assert b'{"a":1,"b":"new"}' == canonicalize(b'{"a":1.0,"b":2}', edit)
    assert b'{"a":1e50,"b":"new"}' == canonicalize(b'{"a":1e50,"b":2}', edit)


def test_values() -> None:
    """Read for comparison, numbers are exact, and an object with a repeated key has every pair."""
    assert {"a": [Decimal("0.10"), None, True]} == parse_json(b'{"a":[0.10,null,true]}')
    double = parse_json(b'{"a":1,"b":0,"a":2}')
    assert isinstance(double, DuplicateKeyDict)
    assert [("a", 1), ("b", 0), ("a", 2)] == double.all


def test_linear() -> None:
    """Long numbers, long strings and many keys take time in proportion to their size."""
    started = time.process_time()
    for body in (
        b"[" + b"1" * 1_000_000 + b"]",
        b"[1e-" + b"0" * 1_000_000 + b"1]",
        b'["' + b'\\"' * 1_000_000 + b'"]',
        b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b',"0":1}',
    ):
        assert canonicalize(body) is not None
    assert time.process_time() - started < 30  # a second or two; quadratic would be hours


@FAST
@given(DOCUMENTS, RANDOMS)
def test_any_spelling(value: object, random: Random) -> None:
    """However a document is spelt, its one spelling is the same; and that is JSON, and spelt as itself."""
    spelt = canonicalize(json.dumps(value).encode())

    assert spelt is not None
    assert spelt == canonicalize(json_text(value, random).encode())
    assert spelt == canonicalize(spelt)
    assert exactly(json.dumps(value)) == exactly(spelt)


@FAST
@given(DOCUMENTS, RANDOMS)
def test_both_ways_agree(value: object, random: Random) -> None:
    """The exact way spells as the fast way does."""
    body = json_text(value, random).encode()
    exact = parse_json(body)

    assert exact is not None
    assert canonicalize(body) == dump_canonical(exact).encode()


@FAST
@given(LITERALS, LITERALS)
def test_any_number(one: str, other: str) -> None:
    """Two numbers are spelt the same if they are equal and only then, and each spelling has the number's value."""
    spelt = [canonicalize(f"[{each}]".encode()) for each in (one, other)]

    assert [[Decimal(one)], [Decimal(other)]] == [exactly(each or b"") for each in spelt]
    assert (Decimal(one) == Decimal(other)) == (spelt[0] == spelt[1])
    assert spelt == [dump_canonical(parse_json(f"[{each}]".encode())).encode() for each in (one, other)]


@FAST
@given(DOCUMENTS, DOCUMENTS)
def test_different_values(one: object, other: object) -> None:
    """Two documents are spelt the same only if they are equal, true and 1 being two things."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    spelt = {canonicalize(json.dumps(each).encode()) for each in (one, other)}
    if same:
        assert 1 == len(spelt)
    elif one != other:
        assert 2 == len(spelt)


@FAST
@given(DOCUMENTS, RANDOMS)
def test_one_place(value: object, random: Random) -> None:
    """Documents that differ in one place are spelt differently."""
    places = paths(value)
    assume(places)
    other = replaced(value, random.choice(places), "another")
    assume(other != value)

    assert canonicalize(json.dumps(value).encode()) != canonicalize(json_text(other, random).encode())


@FAST
@given(NUMBERS | st.decimals(allow_nan=False, allow_infinity=False), st.integers(1, 60), st.sampled_from("123456789"))
def test_one_digit(number: int | float | Decimal, zeros: int, digit: str) -> None:
    """A number with one more digit is another number, however far behind."""
    literal = f"{Decimal(repr(number) if isinstance(number, float) else number):f}"
    longer = f"{literal}{'' if '.' in literal else '.'}{'0' * zeros}{digit}"

    assert canonicalize(f"[{literal}]".encode()) != canonicalize(f"[{longer}]".encode())
