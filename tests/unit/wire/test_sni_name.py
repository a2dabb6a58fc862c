"""What the preload writes into a server name is read back; what cannot be one goes nowhere."""

import pytest

from tapehead.wire.sni_name import Destination, destination


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api.openai.com", Destination(host="api.openai.com", port=443, sni="api.openai.com")),
        ("a.b.2.8443.tapehead.invalid", Destination(host="a.b", port=8443, sni="a.b")),
        ("single.1.1.tapehead.invalid", Destination(host="single", port=1, sni="single")),
        ("10.0.0.7.4.443.tapehead.invalid", Destination(host="10.0.0.7", port=443, sni="10.0.0.7")),
        ("_6_2001zdb8zz1.1.443.tapehead.invalid", Destination(host="2001:db8::1", port=443, sni="2001:db8::1")),
        ("10.0.0.7.a.b.c.4.8443.tapehead.invalid", Destination(host="10.0.0.7", port=8443, sni="a.b.c")),
        ("1.2.3.2.443.tapehead.invalid", Destination(host="1.2", port=443, sni="3")),
        ("u_x.y.2.443.tapehead.invalid", Destination(host="u_x.y", port=443, sni="u_x.y")),
        ("a.b.2.443.u_onqxe.tapehead.invalid", Destination(host="a.b", port=443, sni="a.b", user="sar")),
        ("a.1.443.u_ifb.u_eg.tapehead.invalid", Destination(host="a", port=443, sni="a", user="ABC")),
    ],
)
def test_destination(name: str, expected: Destination) -> None:
    """A plain name is itself at port 443; a written one has host, port, name and user."""
    assert expected == destination(name)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "x.tapehead.invalid",
        "1.443.tapehead.invalid",
        "a.0.443.tapehead.invalid",
        "a.2.443.tapehead.invalid",
        "a.-1.443.tapehead.invalid",
        "a.1.0.tapehead.invalid",
        "a.1.65536.tapehead.invalid",
        "a.one.443.tapehead.invalid",
        ".1.443.tapehead.invalid",
        "a..b.3.443.tapehead.invalid",
        "_6_nonsense.1.443.tapehead.invalid",
        "a.1.443.u_1.tapehead.invalid",
        "a.1.443.u_74.tapehead.invalid",
    ],
)
def test_no_destination(name: str | None) -> None:
    """A connection whose destination cannot be told is refused."""
    with pytest.raises(ValueError, match=r"server name"):
        destination(name)
