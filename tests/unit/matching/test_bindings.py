import json

from tapehead.matching.bindings import Bindings


def call(number: object, method: str = "tools/call", **params: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def bound(recorded: bytes, live: bytes) -> Bindings:
    bindings = Bindings()
    _, new = bindings.adapt(recorded, live)
    bindings.bind(new)
    return bindings


def test_an_id_is_bound_at_first_sight_and_written_into_the_answer_only_where_it_stands() -> None:
    bindings = bound(call(5), call(8))

    assert bindings.substitute(b'{"id": 5,  "result": {"n": 5, "text": "\\"id\\": 5"}}') == (
        b'{"id": 8,  "result": {"n": 5, "text": "\\"id\\": 5"}}'
    )
    assert bindings.substitute(b'{"id": 6, "result": {}}') == b'{"id": 6, "result": {}}'


def test_a_request_of_the_servers_keeps_its_own_number() -> None:
    bindings = bound(call(5), call(8))

    assert bindings.substitute(call(5, "sampling/createMessage")) == call(5, "sampling/createMessage")


def test_what_is_bound_already_keeps_its_binding() -> None:
    bindings = bound(call("a"), call("b"))

    adapted, new = bindings.adapt(call("a"), call("c"))

    assert (json.loads(adapted)["id"], new) == ("b", {})


def test_a_number_is_bound_to_a_string_where_it_is_a_calls() -> None:
    item = b'{"type":"conversation.item.create","item":{"id":%b}}'

    assert Bindings().adapt(item % b"5", item % b'"x"') == (item % b"5", {})
    assert Bindings().adapt(call(5), call("5")) == (call("5"), {("call", "5"): b'"5"'})
    assert bound(call(5), call("x")).substitute(b'{"id":5,"result":{}}') == b'{"id":"x","result":{}}'


def test_an_id_that_is_the_same_needs_no_binding() -> None:
    bindings = bound(call(5), call(5))

    assert not bindings
    assert bindings.substitute(b'{"id":5}') == b'{"id":5}'


def test_a_reference_of_the_clients_follows() -> None:
    bindings = bound(call(5), call(8))
    cancel = b'{"method": "notifications/cancelled", "params": {"requestId": 5}}'

    adapted, new = bindings.adapt(cancel, cancel)

    assert (json.loads(adapted)["params"], new) == ({"requestId": 8}, {})


def test_what_has_no_ids_is_as_it_is() -> None:
    assert Bindings().adapt(b"hello", b"hello") == (b"hello", {})


def test_its_repr_has_no_message() -> None:
    assert repr(bound(call(5), call(8))) == "<Bindings 1 ids>"
