from tapehead.cli.run.sandboxed import bypass_attempts
from tapehead.sandbox.command import ConnectionAttempt


def test_looking_up_who_was_asked() -> None:
    """A look-up of a host that was asked through the proxy is no try; of another, or a connection, it is."""
    asked = ConnectionAttempt("name", "api.openai.com", 0, "ruby", 1, 0.0)
    other = ConnectionAttempt("name", "api.cohere.com", 0, "ruby", 1, 0.0)
    direct = ConnectionAttempt("tcp", "api.openai.com", 443, "ruby", 1, 0.0)

    assert [other, direct] == bypass_attempts([asked, other, direct], {"api.openai.com"})
