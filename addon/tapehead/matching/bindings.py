"""What the ids that a client made up in a recorded conversation are called by its client now.

An id is bound at first sight, where the client makes it up, and written in the place of the recorded one wherever that
stands as an id. Knows one conversation; where ids stand is told in `id_places`.
"""

from collections.abc import Iterable, Mapping

from tapehead.matching.id_places import Side, find_ids
from tapehead.matching.json_scalars import Scalar, text_of

_OF_EITHER_SORT = frozenset({"call", "progress"})

type BoundIds = Mapping[tuple[str, str], bytes]
"""Live ids as they are written, by kind and recorded id."""


class Bindings:
    """The ids of one conversation."""

    def __init__(self) -> None:
        """Begins with none."""
        self._live: dict[tuple[str, str], bytes] = {}

    def __repr__(self) -> str:
        return f"<Bindings {len(self._live)} ids>"

    def __bool__(self) -> bool:
        """Whether any id is another than the recorded one."""
        return bool(self._live)

    def adapt(self, recorded: bytes, live: bytes) -> tuple[bytes, BoundIds]:
        """Returns a recorded message of the client's with the ids of now, and those that are new in the live one."""
        ids = list(find_ids(recorded, Side.CLIENT))
        if not ids:
            return recorded, {}
        lives = {scalar.path: scalar for row, scalar in find_ids(live, Side.CLIENT) if row.defines}
        new: dict[tuple[str, str], bytes] = {}
        same: set[tuple[str, str]] = set()
        changes = []
        for row, scalar in ids:
            key = row.kind, text_of(scalar.token)
            now = lives.get(scalar.path)
            if row.defines and now and key not in self._live and _can_stand_for(now, scalar, row.kind):
                new.setdefault(key, now.token)
                if now.token == scalar.token:
                    same.add(key)
        for row, scalar in ids:
            key = row.kind, text_of(scalar.token)
            token = self._live.get(key) or new.get(key)
            if token is not None:
                changes.append((scalar.start, scalar.end, token))
        return _changed(recorded, changes), {key: token for key, token in new.items() if key not in same}

    def bind(self, ids: BoundIds) -> None:
        """Puts down what ids are called now."""
        self._live.update(ids)

    def substitute(self, message: bytes) -> bytes:
        """Returns a recorded message of the server's with the ids that the client has given now."""
        if not self._live:
            return message
        found = (
            (scalar, self._live.get((row.kind, text_of(scalar.token))))
            for row, scalar in find_ids(message, Side.SERVER)
        )
        return _changed(message, [(scalar.start, scalar.end, token) for scalar, token in found if token])


def _can_stand_for(live: Scalar, recorded: Scalar, kind: str) -> bool:
    """Whether an id is of a sort with a recorded one; of calls it may be a number then and a string now (JSON-RPC 2.0, 4)."""
    return live.is_string == recorded.is_string or kind in _OF_EITHER_SORT


def _changed(text: bytes, changes: Iterable[tuple[int, int, bytes]]) -> bytes:
    """A text with others in the places of some of its parts, which are in their order."""
    parts, at = [], 0
    for start, end, new in changes:
        parts += [text[at:start], new]
        at = end
    return b"".join([*parts, text[at:]]) if parts else text
