import pytest

from tapehead.cassette.key_order import sort_keys

# Orders that gopkg.in/yaml.v3 v3.0.1 and go.yaml.in/yaml/v4 rc.6 write maps in.
ORDERS = [
    ["Accept", "Content-Type", "User-Agent"],
    ["a", "b"],
    ["a_b", "a_c"],
    ["a", "a-", "a_b", "aa"],
    ["a9", "a10"],
    ["9", "10"],
    ["a0", "a00", "a1"],
    ["a1", "a01", "a2"],
    ["a1b", "a1-"],
    ["x-1", "x1"],
    ["a1", "a10", "a100"],
    ["1.5", "1.10"],
    ["-", "_", "A"],
    ["", "a"],
    ["A", "a"],
    ["v0", "v10", "v100"],
    ["10a", "100a"],
    ["1", "10"],
]


@pytest.mark.parametrize("order", ORDERS)
def test_order(order: list[str]) -> None:
    """Keys come in the order of Go's YAML libraries, however they are given."""
    assert order == sort_keys(reversed(order))
    assert order == sort_keys(order)
