import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.redact.event_templates import EventTemplates
from tapehead.redact.like_strings import Found, LikeStrings


def parsed(datas: list[bytes]) -> list[list[Found]]:
    """The texts of a stream whose events are parsed, all of them."""
    strings = LikeStrings()
    for event, data in enumerate(datas):
        strings.add_json(event, json.loads(data))
    return [list(each) for each in strings.texts()]


def templated(datas: list[bytes]) -> tuple[list[list[Found]], int]:
    """The texts of a stream, those of its events being parsed that have to be, and how many these are."""
    strings = LikeStrings()
    templates = EventTemplates(strings)
    count = 0
    for event, data in enumerate(datas):
        if not templates.add(event, data):
            count += 1
            try:
                strings.add_json(event, json.loads(data))
            except ValueError:
                strings.add_text(event, data)
    return [list(each) for each in strings.texts()], count


def shown(texts: list[list[Found]]) -> list[list[tuple[object, ...]]]:
    """What tells pieces: all but places, which are other objects in each."""
    return [[(event, _steps(path), text, position) for event, path, text, _, position in each] for each in texts]


def _steps(path: object) -> str:
    return repr(path)


def chat(text: str, index: int = 0, **more: object) -> bytes:
    choice = {"index": index, "delta": {"content": text}, "finish_reason": None}
    return json.dumps(
        {"id": "c-1", "created": 17, "model": "m", "choices": [choice], **more}, ensure_ascii=False
    ).encode()


def typed(kind: str, number: int, **more: object) -> bytes:
    return json.dumps({"type": kind, "sequence_number": number, **more}).encode()


@pytest.mark.parametrize(
    ("datas", "count"),
    [
        # The second is what tells which parts differ; from then on nothing is parsed.
        ([chat(text) for text in "abcdefgh"], 1),
        ([chat(text) for text in "aaaaabaaa"], 1),
        # Alternatives by turns: one template for each.
        ([chat(str(n), n % 2) for n in range(12)], 2),
        # A number that counts, a filling of another length each time.
        ([typed("delta", n, delta=str(n), obfuscation="x" * n) for n in range(12)], 1),
        # Kinds of events between each other, told apart by the type.
        ([typed("ab"[n % 2], n, delta=str(n)) for n in range(12)], 2),
        # Escapes have to be parsed, and what follows need not be.
        ([chat(text) for text in ("a", "b", "\n", 'say "x"', "c", "é", "d")], 3),
        ([chat(text) for text in ("a", "b", "\x7f", "c")], 2),
        # Another structure, and back.
        ([chat("a"), chat("b"), chat("c", usage={"n": 1}), chat("d")], 2),
        # What is a number in one is a text in the next.
        ([b'{"a":1,"b":"x"}', b'{"a":"1","b":"x"}', b'{"a":2,"b":"y"}', b'{"a":30,"b":"z"}'], 2),
        ([b'{"a":1,"b":"x"}', b'{"a":null,"b":"x"}', b'{"a":2,"b":"y"}', b'{"a":30.5e3,"b":"z"}'], 3),
        # Other names.
        ([b'{"a":"1"}', b'{"b":"2"}', b'{"a":"3"}', b'{"a":"4"}'], 3),
        # Arrays of texts, of bytes.
        ([b'{"a":["x","%d"]}' % n for n in range(6)], 1),
        ([b'{"bytes":[1,%d]}' % n for n in range(6)], 6),
        # A lane that is a text.
        ([b'{"item_id":"i%d","a":"%d"}' % (n % 2, n) for n in range(8)], 2),
        ([b'{"item_id":"i%d","a":"%d"}' % (n, n) for n in range(8)], 8),
        # The same again and again.
        ([b'{"type":"ping"}'] * 5, 1),
        # Blanks between the parts.
        ([b'{ "a" : "%d" , "n" : %d }' % (n, n) for n in range(5)], 1),
        # Always another: there is an end to trying.
        ([b'{"a":"%d"%s}' % (n, b',"b":1' * n) for n in range(40)] * 2, 56),
    ],
)  # fmt: skip
def test_alike(datas: list[bytes], count: int) -> None:
    """What is taken of events without parsing them is what parsing gives, in the same order."""
    texts, parsed_count = templated(datas)
    assert shown(parsed(datas)) == shown(texts)
    assert count == parsed_count


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":"1","n":1,"text":"\xff"}',
        b'{"id":"1","n":1,"text":"\x01"}',
        b'{"id":"1","n":01,"text":"a"}',
        b'{"id":"1","n":-,"text":"a"}',
        b'{"id":"1","n":,"text":"a"}',
        b'{"id":"1","n":1,"text":"a"} ',
        b'{"id":"1","n":1,"text":"a',
        b'{"id":"1","n":1,"text":"a","b":"c"}',
        b'{"id":"1","n":1,"text":"a\\"}',
    ],
)
def test_what_only_begins_like_one(data: bytes) -> None:
    """An event that is no JSON, or another, is for the caller."""
    strings = LikeStrings()
    templates = EventTemplates(strings)
    for event in range(3):
        first = b'{"id":"1","n":%d,"text":"%d"}' % (event, event)
        if not templates.add(event, first):
            strings.add_json(event, json.loads(first))
    assert templates.add(3, b'{"id":"1","n":7,"text":"b"}')
    assert not templates.add(4, data)


def test_no_json() -> None:
    """Two events that are cut at quotes alike, and are no JSON, make no template."""
    strings = LikeStrings()
    templates = EventTemplates(strings)
    assert [False, False, False] == [templates.add(n, b'say "%d" twice' % n) for n in range(3)]


VALUES = st.sampled_from(["a", "b", "sk-", "é", "", "x\ny", '"', "\\", "1", " ", "\x7f0", "\u2028"])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["x", "y"]),
        "index": st.integers(0, 2),
        "item_id": st.sampled_from(["i", "j"]),
        "n": st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        "text": VALUES,
        "list": st.lists(VALUES, max_size=2),
        "tokens": st.lists(st.integers(0, 300), max_size=2),
        "inner": st.dictionaries(st.sampled_from(["index", "text", "id"]), VALUES, max_size=2),
    },
)


@given(st.lists(EVENTS, max_size=14), st.booleans())
@settings(deadline=None, max_examples=300)
def test_same_as_parsed(events: list[dict[str, object]], ascii_only: bool) -> None:
    """Whatever the events, their texts are the same with templates as without."""
    datas = [json.dumps(each, ensure_ascii=ascii_only).encode() for each in events]
    assert shown(parsed(datas)) == shown(templated(datas)[0])
