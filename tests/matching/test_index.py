from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index, Miss


def interaction(number: int, body: bytes = b"", url: str = "https://h/a") -> Interaction:
    return Interaction(
        id=number,
        request=Request(method="POST", url=url, body=body),
        response=Response(code=200, status="200 OK"),
    )


def take(index: Index, body: bytes = b"") -> int | str:
    taken = index.take(Request(method="POST", url="https://h/a", body=body))
    return taken.reason if isinstance(taken, Miss) else taken.id


def test_recorded_order_once_each() -> None:
    """Interactions of one key answer in recorded order, once each; other keys do not disturb them."""
    index = Index([interaction(0), interaction(1, b"x"), interaction(2)])

    assert [0, 2, 1] == [take(index), take(index), take(index, b"x")]
    assert (
        "interactions 0, 2 would match, but answered already, once each; "
        "cassette_replayable=true lets the last one answer again"
    ) == take(index)


def test_one_used() -> None:
    """The reason names the one interaction that was used."""
    index = Index([interaction(0)])
    take(index)

    assert str(take(index)).startswith("interaction 0 would match, but answered already")


def test_many_used() -> None:
    """The reason names a few when many were used."""
    index = Index([interaction(n) for n in range(9)])
    for _ in range(9):
        take(index)

    assert str(take(index)).startswith("interactions 0, 1, 2, 3, 4, … would match")


def test_replayable() -> None:
    """The last one answers again when all were used."""
    index = Index([interaction(0), interaction(1)], replayable=True)

    assert [0, 1, 1, 1] == [take(index) for _ in range(4)]


def test_added_while_recording() -> None:
    """What was recorded just now was used by its own request; what was recorded earlier still answers."""
    index = Index([interaction(0), interaction(1)])
    assert 0 == take(index)
    index.add_used(interaction(2))

    assert 1 == take(index)
    assert "interactions 0, 2, 1" in str(take(index))


def test_added_and_replayable() -> None:
    """What was recorded just now answers again when asked to."""
    index = Index([], replayable=True)
    index.add_used(interaction(5))

    assert 5 == take(index)


def test_unused() -> None:
    """How many have not answered."""
    index = Index([interaction(0), interaction(1), interaction(2, b"x")])
    take(index)

    assert 2 == index.unused()


def test_miss() -> None:
    """A request that nothing is recorded for gets the reason."""
    assert "the cassette holds no interaction" == take(Index([]))
