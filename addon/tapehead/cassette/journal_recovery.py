"""What a run that was killed left of conversations: made interactions of the cassette, each ending where it was.

One that is in the cassette already, as its run died between the two writes, is not written again.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tapehead.cassette.dialect import REFERENCE, Dialect
from tapehead.cassette.journal import OpenConversation, load_open
from tapehead.cassette.model import Interaction
from tapehead.cassette.side_files import open_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing, load_beside


def recover_conversations(
    cassette: Path, *, dialect: Dialect = REFERENCE, refuse: Callable[[bytes], str | None] = lambda _: None
) -> int:
    """Makes what is in a journal interactions, removes it, and returns how many there are.

    `refuse` says of a text why it must not be written, as in `Store`; the journal stays then. Raises CassetteError when
    the cassette is being written by another, or cannot be written; both files are as before.
    """
    if not os.path.lexists(open_path(cassette)):
        return 0
    store = Store(cassette, dialect=dialect, refuse=refuse)
    try:
        left = load_open(cassette)  # nobody else writes it now
        timings = load_beside(cassette, store.loaded.interactions)
        missing = [each for each in left if not any(_is(each, one, timings) for one in store.loaded.interactions)]
        for result in store.append(map(_recorded, missing)) or ():
            if isinstance(result, Exception):
                raise result
        open_path(cassette).unlink(missing_ok=True)
    finally:
        store.close()
    return len(missing)


def _is(conversation: OpenConversation, recorded: Interaction, timings: Mapping[int, Timing]) -> bool:
    """Whether it was written already. Its line in the timing file comes last, and may be missing."""
    if recorded.request.url != conversation.request.url:
        return False
    when = timings.get(recorded.id)
    if when:
        return when.start == round(conversation.start, 3)
    return recorded.response.body.startswith(conversation.as_recorded()[0].response.body)


def _recorded(conversation: OpenConversation) -> Recorded:
    interaction, when = conversation.as_recorded()
    return Recorded(interaction=interaction, timing=when)
