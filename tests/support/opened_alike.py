"""Whether a cassette that is opened by its blocks is the one that the reader makes of the same file.

What the index does not take is the reader's anyway: it may decline whatever it likes, but nothing that it takes may differ.
"""

from pathlib import Path

from tapehead.cassette import CassetteError
from tapehead.cassette.block_index import open_index
from tapehead.cassette.block_values import origin
from tapehead.cassette.http_rules import require_http
from tapehead.cassette.model import Answered
from tapehead.cassette.request_text import text_digest
from tapehead.cassette.store import load
from tapehead.cassette.timing import digest
from tapehead.matching.header_agreement import asking_headers, may_ask


def difference(path: Path) -> str | None:
    """Returns in what the two differ; None where they do not, or where the index declines."""
    index = open_index(path, few=0)
    if index is None:
        return None
    try:
        cassette = load(path)
        require_http(cassette, str(path))
    except CassetteError as e:
        return f"opened, and is refused: {e}"
    if len(index) != len(cassette.interactions):
        return f"{len(index)} interactions, not {len(cassette.interactions)}"
    origins = {
        (origin(each.request.url.encode()).decode(), each.response.proto_major) for each in cassette.interactions
    }
    if index.origins != origins:
        return f"origins {index.origins}, not {origins}"
    for place, read in enumerate(cassette.interactions):
        request = read.request
        answered = Answered(read.id, read.response)
        if index.answer(place) != answered:
            return f"answer {place}: {index.answer(place)}, not {answered}"
        headers = index.request_headers(place)
        if headers is not None and not may_ask(headers) and asking_headers(request.headers):
            return f"interaction {place}: headers that say what is asked are not seen in {headers!r}"
        if index.ids[place] != read.id or index[place] != read:
            return f"interaction {place}: {index[place]}, not {read}"
        if index.texts[place] != text_digest(request.method, request.url, request.body):
            return f"interaction {place}: another text"
        if index.digest_of_answer(place) != digest(read.response.body):
            return f"interaction {place}: another digest"
    return None
