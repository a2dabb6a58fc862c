import json

from tapehead.matching.rpc_ids import RpcIds


def call(number: object, token: object = None) -> bytes:
    params = {"name": "a", "_meta": {"progressToken": token}} if token is not None else {"name": "a"}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()


def test_events_have_the_ids_of_now() -> None:
    """In an answer and in what tells of progress; a server's own request keeps its number, and all else its text."""
    ids = RpcIds()
    ids.bind(call(3, "t"), call(30, "u"))

    events = (
        b'event: message\r\ndata: {"method":"notifications/progress",'
        b'"params":{"progressToken":"t", "progress":3},"jsonrpc":"2.0"}\r\n\r\n'
        b'data: {"jsonrpc":"2.0","id":3,"method":"sampling/createMessage","params":{}}\n\n'
        b'id: 3\ndata: {"jsonrpc":"2.0","id":3,"result":{"id":3}}\n\n'
    )
    assert ids.written_back(events) == events.replace(b'"progressToken":"t"', b'"progressToken":"u"').replace(
        b'"id":3,"result"', b'"id":30,"result"'
    )


def test_a_body_has_them_too() -> None:
    """And what listens is told which call it was."""
    ids = RpcIds()
    ids.bind(call("listen-1"), call("listen-2"))
    told = b'{"jsonrpc":"2.0","method":"m","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"listen-1"}}}'

    assert ids.written_back(b' {"jsonrpc":"2.0","id":"listen-1","error":{}}') == (
        b' {"jsonrpc":"2.0","id":"listen-2","error":{}}'
    )
    assert ids.written_back(told) == told.replace(b"listen-1", b"listen-2")


def test_what_is_as_it_was() -> None:
    """Where the ids are the same nothing is looked at, and nothing that is no JSON-RPC ever is."""
    ids = RpcIds()
    body = b'{"jsonrpc":"2.0","id":3,"result":{}}'
    ids.bind(call(3), call(3))
    assert not ids
    assert ids.written_back(body) is body

    ids.bind(call(4), call(5))
    other = b'{"id":4}'
    assert ids
    assert ids.written_back(other) is other
