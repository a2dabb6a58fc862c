"""What a run that was killed left of conversations: made interactions of the cassette, each ending where it was.

One that is in the cassette already, as its run died between the two writes, is not written again.
"""

import os
from collections.abc import Callable
from pathlib import Path

from tapehead.cassette.dialect import REFERENCE, Dialect
from tapehead.cassette.journal import OpenConversation, load_open
from tapehead.cassette.side_files import open_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import load_beside


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
        known = {(timings[each.id].start, each.request.url) for each in store.loaded.interactions if each.id in timings}
        missing = [each for each in left if (round(each.start, 3), each.request.url) not in known]
        for result in store.append(map(_recorded, missing)) or ():
            if isinstance(result, Exception):
                raise result
        open_path(cassette).unlink(missing_ok=True)
    finally:
        store.close()
    return len(missing)


def _recorded(conversation: OpenConversation) -> Recorded:
    interaction, when = conversation.as_recorded()
    return Recorded(interaction=interaction, timing=when)
