import base64
import random
import string

import pytest

from tapehead.redact.base64_alignments import encodings
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.written_index import Anchors, WrittenIndex, anchors, may_hold

KEY = "k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45"
ALPHABETS = (
    string.ascii_letters + string.digits,
    string.hexdigits.lower(),
    string.ascii_letters + string.digits + "-_.",
)


def remembered(*texts: bytes) -> WrittenIndex:
    index = WrittenIndex()
    for text in texts:
        index.add(anchors(long_tokens(text)))
    return index


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_what_is_there_is_never_missed(alphabet: str) -> None:
    """Whatever stands around a value, plain or in base64: that it may be there is always seen."""
    chance = random.Random(7)
    for _ in range(500):
        value = "".join(chance.choices(alphabet, k=chance.randrange(12, 60)))
        around = ["".join(chance.choices(string.printable, k=chance.randrange(9))) for _ in range(2)]
        text = around[0] + value + around[1]
        for data in (text.encode(), base64.b64encode(text.encode()), base64.urlsafe_b64encode(text.encode())):
            found, texts = remembered(data).look_for([value])
            assert found or any(each in data for each in texts), (value, data)
            assert may_hold(anchors(long_tokens(data)), [value])


def test_what_is_not_there_is_mostly_known_not_to_be() -> None:
    """Of random values that were not written hardly one needs to be looked for in the text."""
    chance = random.Random(7)
    texts = ["".join(chance.choices(ALPHABETS[0], k=60)).encode() for _ in range(1000)]
    index = remembered(*texts)
    asked = [index.look_for(["".join(chance.choices(ALPHABETS[0], k=60))]) for _ in range(100)]

    assert 5 > sum(found for found, _ in asked)
    assert 40 > sum(bool(texts) for _, texts in asked)


def test_what_has_no_anchors() -> None:
    """A value without a long run, or without digits, may be anywhere."""
    index = remembered(b"nothing of the kind")

    assert (True, []) == index.look_for(["pass phrase!!"])
    assert (True, []) == index.look_for(["correcthorsebatterystaple"])
    assert False is index.look_for([KEY])[0]


def test_words_too_long_to_be_remembered() -> None:
    """An image's base64 is not remembered: then the value is to be searched for, in each of its spellings."""
    data = b"A1" * 10_000 + KEY.encode() + b"A1" * 10_000
    index = remembered(data)
    found, texts = index.look_for([KEY])

    assert index.has_more
    assert not found
    assert KEY.encode() in texts
    assert {*encodings(KEY.encode())} <= {*texts}
    assert may_hold(anchors(long_tokens(data)), [KEY])
    assert "<WrittenIndex 0 anchors and more>" == repr(index)


def test_memory_is_bounded() -> None:
    """What would fill the memory is forgotten, and searched for instead."""
    index = WrittenIndex()
    index.add(Anchors(found=frozenset(b"%06d" % number for number in range(500_001))))

    assert index.has_more
    assert KEY.encode() in index.look_for([KEY])[1]
    assert "<WrittenIndex 0 anchors and more>" == repr(index)
    assert "<WrittenIndex 0 anchors>" == repr(WrittenIndex())


def test_no_values() -> None:
    """Where nothing is looked for nothing is there, also of a text with words too long to be remembered."""
    long = anchors([b"a1" * 8192])

    assert long.has_more
    assert not may_hold(long, [])
    assert may_hold(long, [KEY])
