import pytest

from tapehead.cassette import Cassette, CassetteError, dumps, loads
from tapehead.cassette.dialect import KNOWN, Dialect
from tapehead.cassette.torn_detection import split_torn_tail
from tests.support.examples import FULL, INTERACTION, TEXT


@pytest.mark.parametrize("dialect", [each for each in KNOWN if each.name != "goccy"], ids=lambda each: each.name)
def test_torn_at_every_byte(dialect: Dialect) -> None:
    """Cut anywhere in its last block, a file gives every whole interaction, and the rest as the torn piece."""
    whole = dumps(Cassette(interactions=(INTERACTION, FULL)), dialect=dialect)
    start = whole.rindex(b"- id: 7") - dialect.item
    for end in range(start, len(whole)):
        cassette, torn = split_torn_tail(whole[:end], file="c")
        if len(cassette.interactions) == 1:
            assert whole[start:end] == torn
        else:  # all there but its last line, or that line's end
            assert whole[:end].endswith(b"code: 404\n") or end == len(whole) - 1
            assert b"" == torn
        assert INTERACTION == cassette.interactions[0]


def test_whole() -> None:
    """A file that is not torn is read as it is."""
    assert (loads(TEXT), b"") == split_torn_tail(TEXT.encode(), file="c")


def test_only_interaction_torn() -> None:
    """A file whose one interaction is torn has none."""
    cut = TEXT.encode()[:-40]

    assert ((), cut[cut.index(b"  - id") :]) == (
        (read := split_torn_tail(cut, file="c"))[0].interactions,
        read[1],
    )


def test_missing_final_newline_is_not_torn() -> None:
    """An editor that drops the last newline tears nothing."""
    assert (INTERACTION,) == split_torn_tail(TEXT.rstrip("\n").encode(), file="c")[0].interactions


@pytest.mark.parametrize("data", [TEXT.replace("code: 200", "code: ok"), "version: 1\ninteractions: []", "nonsense"])
def test_a_mistake_is_no_tear(data: str) -> None:
    """What is wrong in another way stays an error."""
    with pytest.raises(CassetteError):
        split_torn_tail(data.encode(), file="c")
