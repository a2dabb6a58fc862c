from tapehead.proxy.attempts import MOST, Attempts


def test_a_rate_of_guesses() -> None:
    """After so many wrong tokens none is looked at for a while; right ones cost nothing."""
    now = 0.0
    attempts = Attempts(lambda: now)

    tried = 0
    for _ in range(1000):
        if attempts.may_try():
            attempts.failed()
            tried += 1
    assert MOST == tried
    now = 1.0
    assert [True] * 100 == [attempts.may_try() for _ in range(100)]
    now = 1e9
    assert MOST == sum(attempts.may_try() and (attempts.failed() or True) for _ in range(1000))  # type: ignore[func-returns-value]
