"""The ids that a client of JSON-RPC gives its calls, in what is replayed to it: as this client has them.

A client counts its calls, or makes ids up; so it does with the tokens by which progress is told. Which recorded call is the
live one is the matcher's to say; what else a message says is left as it was, byte for byte.
"""

import json
import re

from tapehead.llm.mcp_messages import PROGRESS, RpcId, RpcKind, RpcMessage, rpc_message
from tapehead.text.json_members import member

_DATA = re.compile(rb"^(?:\xef\xbb\xbf)?data: ?(\{[^\r\n]*\})[ \t]*\r?$", re.MULTILINE)

# Where a message of a server's that is no answer has an id of its client's.
_TOKEN = ("params", "progressToken")  # MCP specification, Utilities, Progress
_SUBSCRIPTION = (
    "params",
    "_meta",
    "io.modelcontextprotocol/subscriptionId",
)  # in all that a `listen` is told (SEP-2575)


class RpcIds:
    """Ids and tokens as they were recorded, and those of the live client that stand for them."""

    def __init__(self) -> None:
        self._live: dict[RpcId, RpcId] = {}

    def __bool__(self) -> bool:
        return bool(self._live)

    def bind(self, recorded: RpcMessage, live: RpcMessage) -> None:
        """Notes that a live call is a recorded one."""
        for then, now in ((recorded.id, live.id), (recorded.token, live.token)):
            if then is None or now is None:
                continue
            if _same(then, now):
                self._live.pop(then, None)
            else:
                self._live[then] = now

    def written_back(self, body: bytes) -> bytes:
        """Returns a body, or whole events of one, with the live ids in them; the very same where there is nothing to do."""
        if not self._live or b'"jsonrpc"' not in body:
            return body
        if body.lstrip()[:1] == b"{":
            return self._message(body)
        return _DATA.sub(lambda found: found[0].replace(found[1], self._message(found[1])), body)

    def _message(self, data: bytes) -> bytes:
        message = rpc_message(data)
        if message is None:
            return data
        if message.kind is RpcKind.ANSWER:
            places: tuple[tuple[str, ...], ...] = (("id",),)
        else:
            places = (_TOKEN, _SUBSCRIPTION) if message.method == PROGRESS else (_SUBSCRIPTION,)
        text = data.decode("utf-8", "surrogateescape")
        for names in places:
            if (place := member(text, *names)) is None:
                continue
            begins, ends = place
            value = json.loads(text[begins:ends])
            if not isinstance(value, bool) and isinstance(value, str | int | float) and value in self._live:
                text = f"{text[:begins]}{json.dumps(self._live[value], ensure_ascii=False)}{text[ends:]}"
        return text.encode("utf-8", "surrogateescape")


def _same(one: RpcId, other: RpcId) -> bool:
    return one == other and isinstance(one, str) == isinstance(other, str)
