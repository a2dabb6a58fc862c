from tapehead.sessions.rate_limit import CAPACITY, TokenBucket


def test_a_rate_of_guesses() -> None:
    """After so many wrong tokens none is looked at for a while; right ones cost nothing."""
    now = 0.0
    attempts = TokenBucket(lambda: now)

    tried = 0
    for _ in range(1000):
        if attempts.has_token():
            attempts.take_token()
            tried += 1
    assert CAPACITY == tried
    now = 1.0
    assert [True] * 100 == [attempts.has_token() for _ in range(100)]
    now = 1e9
    assert CAPACITY == sum(attempts.has_token() and (attempts.take_token() or True) for _ in range(1000))  # type: ignore[func-returns-value]
