"""What interactions are looked up by."""

from tapehead.cassette.request_text import text_digest
from tapehead.matching.looked_up_by import LookedUpBy, look_up
from tests.support.examples import INTERACTION, REQUEST


def test_look_up() -> None:
    """Ids of the interactions, and digests of the requests as the file has them."""
    digest = text_digest(REQUEST.method, REQUEST.url, REQUEST.body)

    assert LookedUpBy(ids=[0], digests=[digest]) == look_up([INTERACTION], [REQUEST])
