from tapehead.cli.boxed import past_the_proxy
from tapehead.sandbox.command import Attempt


def test_looking_up_who_was_asked() -> None:
    """A look-up of a host that was asked through the proxy is no try; of another, or a connection, it is."""
    asked = Attempt("name", "api.openai.com", 0, "ruby", 1, 0.0)
    other = Attempt("name", "api.cohere.com", 0, "ruby", 1, 0.0)
    direct = Attempt("tcp", "api.openai.com", 443, "ruby", 1, 0.0)

    assert [other, direct] == past_the_proxy([asked, other, direct], {"api.openai.com"})
