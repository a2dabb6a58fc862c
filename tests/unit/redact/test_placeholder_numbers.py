import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.redact.edits import Edit
from tapehead.redact.placeholder_forms import UUID
from tapehead.redact.placeholder_numbers import PlaceholderNumbers, names_in
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor

FORM = "application/x-www-form-urlencoded"


def request(body: bytes = b"", url: str = "https://h/", content_type: str = "application/json") -> Request:
    return Request(
        method="POST", url=url, body=body, headers={"Content-Type": (content_type,)}, content_length=len(body)
    )


def bodies(*texts: bytes, content_type: str = "application/json") -> list[bytes]:
    """The bodies as they are written, one after the other into one cassette."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    return [redactor.request(request(text, content_type=content_type), numbers).body for text in texts]


def test_a_second_value_of_a_kind_has_a_number() -> None:
    """The first value of a kind has none, the second is -2; the same value has the same everywhere."""
    assert [
        b'{"api_key":"[REDACTED:api_key]"}',
        b'{"api_key":"[REDACTED:api_key-2]","password":"[REDACTED:password]"}',
        b'{"api_key":"[REDACTED:api_key]"}',
        b'{"x":{"api_key": "[REDACTED:api_key-3]"}}',
        b'{"arguments":"{\\"api_key\\": \\"[REDACTED:api_key-4]\\"}"}',
    ] == bodies(
        b'{"api_key":"abcd-1"}',
        b'{"api_key":"abcd-2","password":"abcd-1"}',
        b'{"api_key":"abcd-1"}',
        b'{"x":{"api_key": 1234}}',
        b'{"arguments":"{\\"api_key\\": 99}"}',
    )


def test_a_value_is_the_same_in_any_spelling() -> None:
    """JSON's escapes and a URL's are no difference."""
    assert [b'{"api_key":"[REDACTED:api_key]"}'] * 2 == bodies(b'{"api_key":"ab/cd-1"}', b'{"api_key":"ab\\/cd-1"}')


def test_forms_and_queries() -> None:
    """Parameters count by their value, in a form as in a URL; the parsed form has the same numbers as the body."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    first = redactor.request(
        request(url="https://h/?token=q7ZxAcBdR2mKw9LtPv41&x=1#access_token=h3WnYqTf8JsXgD5rMc6E"), numbers
    )
    asked = Request(
        method="POST",
        url="https://h/",
        body=b"a=b&token=h3WnYqTf8JsXgD5rMc6E&token=%717ZxAcBdR2mKw9LtPv41",
        form={"a": ("b",), "token": ("h3WnYqTf8JsXgD5rMc6E", "q7ZxAcBdR2mKw9LtPv41")},
        headers={"Content-Type": (FORM,)},
    )
    second = redactor.request(asked, numbers)

    assert "https://h/?token=[REDACTED:query]&x=1#access_token=[REDACTED:query-2]" == first.url
    assert b"a=b&token=[REDACTED:query-2]&token=[REDACTED:query]" == second.body
    assert ("[REDACTED:query-2]", "[REDACTED:query]") == second.form["token"]
    assert second == redactor.request(second, numbers)


def test_signatures_have_no_number() -> None:
    """What is made anew for each request tells no two callers apart, and would number every request of a cassette."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    urls = [redactor.url(f"https://h/?sig=q7ZxAcBdR2mKw9LtPv4{n}&X-Amz-Signature=abc{n}", numbers) for n in range(3)]

    assert {"https://h/?sig=[REDACTED:query]&X-Amz-Signature=[REDACTED:query]"} == set(urls)


def test_multipart_and_plain_text() -> None:
    """In the parts of a body, and in any text, a value has its number."""
    part = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n%b\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"

    assert [part % b"[REDACTED:query]", part % b"[REDACTED:query-2]"] == bodies(
        part % b"q7ZxAcBdR2mKw9LtPv41", part % b"h3WnYqTf8JsXgD5rMc6E", content_type=kind
    )
    keys = [b"key sk-ant-api03-%b, hello" % (letter * 40 + b"Z9") for letter in (b"aB3", b"cD4")]
    assert [b"key [REDACTED:anthropic-key], hello", b"key [REDACTED:anthropic-key-2], hello"] == bodies(
        *keys, content_type="text/plain"
    )


def test_redacting_again_changes_nothing() -> None:
    """A numbered placeholder stays as it is, with numbers and without, in every place."""
    body = b'{"api_key":"[REDACTED:api_key-7]"}'
    old = request(body, url="https://h/?token=[REDACTED:query-3]")
    redactor, numbers = Redactor(), PlaceholderNumbers()

    assert old is redactor.request(old)
    assert old is redactor.request(old, numbers)
    assert () == numbers.added


def test_a_response_s_chunks_fit_its_text() -> None:
    """The sizes of the chunks are those of the body with its numbers."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    numbers.number("access_token", b"another")
    body = b'{"access_token":"abcd-efgh-ijkl","n":1}'
    response = Response(
        code=200,
        status="200 OK",
        body=body,
        content_length=len(body),
        headers={"Content-Type": ("application/json",), "Location": ("https://h/?code=q7ZxAcBdR2mKw9LtPv41",)},
    )
    new, sizes = redactor.response(response, [20, len(body) - 20], numbers)

    assert b'{"access_token":"[REDACTED:access_token-2]","n":1}' == new.body
    assert len(new.body) == sum(sizes) == new.content_length
    assert ("https://h/?code=[REDACTED:query]",) == new.headers["Location"]


def test_a_value_that_is_spread_over_events_has_no_number() -> None:
    """Of a key that a stream spells token by token no event has the whole."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    key = "sk-ant-api03-" + "aB3" * 14
    numbers.number("anthropic-key", b"another")
    events = b"".join(b'data: {"delta":"%b"}\n\n' % part.encode() for part in ("my ", key[:20], key[20:], " is it"))
    response = Response(code=200, status="200 OK", body=events, headers={"Content-Type": ("text/event-stream",)})

    assert b"[REDACTED:anthropic-key]" in redactor.response(response, [len(events)], numbers)[0].body


def test_of_two_that_cannot_be_parted_none_has_a_number() -> None:
    """Where one placeholder follows another, or the text was changed besides, it stays without a number."""
    numbers = PlaceholderNumbers()
    numbers.number("a", b"another")

    assert b"[REDACTED:a][REDACTED:b]" == numbers.in_text(b"xy", b"[REDACTED:a][REDACTED:b]")
    assert b"x [REDACTED:a] z" == numbers.in_text(b"y 1 z", b"x [REDACTED:a] z")
    assert b"x [REDACTED:a] z" == numbers.in_text(b"x 1 y", b"x [REDACTED:a] z")
    assert b"x [REDACTED:a-2] y [REDACTED:a-3] z" == numbers.in_text(b"x 1 y 2 z", b"x [REDACTED:a] y [REDACTED:a] z")
    assert b"none" == numbers.in_text(b"some", b"none")


def test_edits_of_one_value() -> None:
    """Where one value takes several edits, each keeps what it has; of others each gets its number."""
    numbers = PlaceholderNumbers(["a", "a-2"])
    parted = [Edit(0, 1, b"[REDACTED:a]"), Edit(1, 2, b"")]

    assert parted == numbers.in_edits(b"xy", parted)
    assert [Edit(0, 1, b"[REDACTED:a-3]")] == numbers.in_edits(b"xy", parted[:1])


def test_a_text_that_was_redacted_in_part() -> None:
    """What is a placeholder already stays, beside one that gets a number."""
    numbers = PlaceholderNumbers(["a-3"])

    assert b"[REDACTED:a-3] [REDACTED:a] [REDACTED:a-4]" == numbers.in_text(
        b"[REDACTED:a-3] [REDACTED:a] x", b"[REDACTED:a-3] [REDACTED:a] [REDACTED:a]"
    )


def test_pairs_that_are_no_pairs() -> None:
    """What has no name, or more parts than before, is taken as a text, or left."""
    numbers = PlaceholderNumbers(["k-4"])

    assert "[REDACTED:k-5]&b=1" == numbers.in_pairs("x&b=1", "[REDACTED:k]&b=1")
    assert "a=[REDACTED:k]" == numbers.in_pairs("a=1&b=2", "a=[REDACTED:k]")
    assert "https://h/[REDACTED:k-5]/" == numbers.in_url("https://h/x/", "https://h/[REDACTED:k]/")
    assert "https://h/[REDACTED:k]" == numbers.in_url("https://h/[REDACTED:k]", "https://h/[REDACTED:k]")


@pytest.mark.parametrize(
    ("names", "number"), [((), 1), (("key",), 1), (("key", "key-2"), 3), (("key-7", "other-9"), 8)]
)
def test_a_run_that_adds_to_a_cassette(names: tuple[str, ...], number: int) -> None:
    """Its values are others than those that have numbers; a file without numbers stays one where one value is enough."""
    numbers = PlaceholderNumbers(names)

    assert number == numbers.number("key", b"a value of this run")
    assert number + 1 == numbers.number("key", b"another")


def test_names_of_a_cassette() -> None:
    """They are found in URLs, bodies and headers of requests and responses."""
    one = Interaction(
        id=0,
        request=Request(method="GET", url="https://h/?k=[REDACTED:query-2]", body=b"[REDACTED:a]"),
        response=Response(
            code=200, status="200 OK", body=b"[REDACTED:b]", headers={"Location": ("/[REDACTED:c]", "/plain")}
        ),
    )

    assert {"query-2", "a", "b", "c"} == set(names_in([one]))


def test_copies_that_were_away_together() -> None:
    """What one gave is taken over; what another gave meanwhile is only where it is the same, else it is to be done again."""
    numbers = PlaceholderNumbers()
    one, three = numbers.copy(), numbers.copy()
    two: PlaceholderNumbers = pickle.loads(pickle.dumps(numbers.copy()))  # noqa: S301  # our own
    one.number("k", b"a")
    two.number("k", b"b")
    three.number("k", b"a")

    assert numbers.adopt(())
    assert numbers.adopt(one.added)
    assert not numbers.adopt(two.added)
    assert numbers.adopt(three.added)
    assert (1, 2) == (numbers.number("k", b"a"), numbers.number("k", b"b"))


def test_values_are_not_shown() -> None:
    """Nothing of a value is in what it shows of itself."""
    numbers = PlaceholderNumbers()
    numbers.number("k", b"secret")

    assert "<PlaceholderNumbers of 1 values>" == repr(numbers)


def test_a_rule_of_the_user_s_own() -> None:
    """Values that the user's own rules name are told apart, too."""
    redactor, numbers = Redactor(parse_rules(["/user", "regex:emp-[0-9]+"], [])), PlaceholderNumbers()
    made = [
        redactor.request(request(b'{"user":"%b","by":"emp-%d"}' % (name, n)), numbers).body
        for n, name in enumerate((b"x", b"y"))
    ]

    assert b'{"user":"[REDACTED:custom]","by":"[REDACTED:custom-2]"}' == made[0]
    assert b'{"user":"[REDACTED:custom-3]","by":"[REDACTED:custom-4]"}' == made[1]


def test_what_keeps_a_form_has_no_number() -> None:
    """A placeholder that keeps a form is none of the values: neither in an answer nor where a client sends it back."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    token = b"8f14e45f-ceea-467a-9a36-dedd4bea2543"
    answer, _ = redactor.response(Response(code=200, status="", body=b'{"api_key":"%b"}' % token), [], numbers)
    asked = redactor.request(request(answer.body, url=f"https://h/?access_token={UUID.decode()}"), numbers)

    assert b'{"api_key":"%b"}' % UUID == answer.body
    assert ("https://h/?access_token=[REDACTED:value]", b'{"api_key":"[REDACTED:api_key]"}') == (asked.url, asked.body)
    assert () == numbers.added


def test_numbers_that_a_file_has_are_taken() -> None:
    """What another has written into the file meanwhile keeps its numbers to itself; those that were given stay."""
    numbers = PlaceholderNumbers()
    numbers.number("query", b"a")
    numbers.note(["query", "query-5"])

    assert [1, 6] == [numbers.number("query", value) for value in (b"a", b"b")]


def test_two_threads_give_no_number_twice() -> None:
    """What is written is redacted again in another thread, and each value has a number of its own all the same."""
    numbers = PlaceholderNumbers()
    with ThreadPoolExecutor(4) as threads:
        given = [*threads.map(lambda n: numbers.number("value", b"%d" % (n % 500)), range(5000))]

    assert [*range(1, 501)] == sorted(set(given))
    assert given[:500] * 10 == given
