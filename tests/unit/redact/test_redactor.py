import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette import Request, Response, load
from tapehead.matching.templates import generic_request
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor
from tests.support.corpus import corpus

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
HIDDEN = "[REDACTED:anthropic-key]"
VALUE = "shapelessKey0001"
SIGNATURE = "q7Zx9dcba98HkLm21ZYXwvutsRQPON0"


def rules(*redact: str, keep: tuple[str, ...] = ()) -> Redactor:
    return Redactor(parse_rules(redact, keep), {"MY_SECRET": VALUE})


def response(body: bytes, content_type: str = "application/json", **more: object) -> Response:
    headers = {"Content-Type": (content_type,)}
    return Response(code=200, status="200 OK", headers=headers, body=body, content_length=len(body), **more)  # type: ignore[arg-type]


def test_every_place_of_a_request() -> None:
    """URL, host, headers, trailers, form and body: what was sent in any of them is not written."""
    body = f'{{"a":"{KEY}"}}'.encode()
    request = Request(
        method="POST",
        url=f"https://me:{VALUE}@h/{KEY}/p?a={KEY}&key={SIGNATURE}#",
        body=body,
        headers={"Content-Type": ("application/json",), "User-Agent": (f"a/{KEY}", "b")},
        trailer={"X-Trailer": (KEY,)},
        form={"a": (KEY, "b"), "key": (SIGNATURE,), "code": ("US",)},
        host=f"{VALUE}.example",
        content_length=len(body),
    )
    redacted = rules().request(request)

    assert f"https://h/{HIDDEN}/p?a={HIDDEN}&key=[REDACTED:query]#" == redacted.url
    assert f'{{"a":"{HIDDEN}"}}'.encode() == redacted.body
    assert len(redacted.body) == redacted.content_length
    assert {"Content-Type": ("application/json",), "User-Agent": (f"a/{HIDDEN}", "b")} == redacted.headers
    assert {"X-Trailer": (HIDDEN,)} == redacted.trailer
    assert {"a": (HIDDEN, "b"), "key": ("[REDACTED:query]",), "code": ("US",)} == redacted.form
    assert "[REDACTED:value].example" == redacted.host
    assert redacted == rules().request(redacted)


def test_every_place_of_a_response() -> None:
    """Status, headers, trailers and body; the query of a redirect by its names."""
    body = f'{{"a":"{KEY}","b":"{VALUE}"}}'.encode()
    old = Response(
        code=302,
        status=f"302 Found {KEY}",
        body=body,
        headers={"Location": (f"https://u:p@h/?sig={SIGNATURE}&x=1",), "X-Request-Id": (VALUE,)},
        trailer={"Set-Cookie": ("sid=b; Path=/", "theme=dark"), "X-Auth-Token": ("b",)},
        content_length=len(body),
    )
    new, sizes = rules().response(old, [10, len(body) - 10])

    assert f"302 Found {HIDDEN}" == new.status
    assert {"Location": ("https://h/?sig=[REDACTED:query]&x=1",), "X-Request-Id": ("[REDACTED:value]",)} == new.headers
    assert {
        "Set-Cookie": ("sid=[REDACTED:cookie]; Path=/", "theme=dark"),
        "X-Auth-Token": ("[REDACTED:header]",),
    } == new.trailer
    assert f'{{"a":"{HIDDEN}","b":"[REDACTED:value]"}}'.encode() == new.body
    assert len(new.body) == new.content_length == sum(sizes)


def test_nothing_to_redact() -> None:
    """What has no credential is the very same value."""
    request, answer = Request(method="GET", url="https://h/a/long/enough/path"), response(b'{"a":"b"}')

    assert rules().request(request) is request
    assert rules().response(answer, [9]) == (answer, [9])
    assert rules().response(answer, [9])[0] is answer


def test_a_length_that_was_wrong_stays_wrong() -> None:
    """Only a length that was the body's is made the new body's."""
    old = Response(code=200, status="", body=KEY.encode(), content_length=-1)
    assert -1 == rules().response(old, [len(KEY)])[0].content_length


def test_bodies_of_any_bytes() -> None:
    """A body that is no text is looked through as well."""
    body = b"\x00\xff\xfe" + KEY.encode() + b"\xff\x00" + VALUE.encode()
    new, _ = rules().response(response(body, "application/octet-stream"), [len(body)])
    assert b"\x00\xff\xfe" + HIDDEN.encode() + b"\xff\x00[REDACTED:value]" == new.body


def test_forms_and_uploads() -> None:
    """A form, and a part of an upload, are redacted by their names, and looked through like any body."""
    form = f"password=p&a={KEY}".encode()
    new, _ = rules().response(response(form, "application/x-www-form-urlencoded"), [len(form)])
    assert f"password=[REDACTED:query]&a={HIDDEN}".encode() == new.body
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    upload = (part.format("password", "p") + part.format("file", KEY) + "--b--").encode()
    new, _ = rules().response(response(upload, "multipart/form-data; boundary=b"), [len(upload)])
    hidden = part.format("password", "[REDACTED:query]") + part.format("file", HIDDEN) + "--b--"
    assert hidden.encode() == new.body


def test_numbers_stay_json() -> None:
    """A value that stands in JSON as a bare number is replaced by a string; in an answer by a number."""
    redactor = Redactor(environment={"PIN_SECRET": "123456789012"})
    body = b'{"a":123456789012,"b":[123456789012],"c":"123456789012"}'
    asked = redactor.request(Request(method="POST", url="/", body=body))
    assert {"a": "[REDACTED:value]", "b": ["[REDACTED:value]"], "c": "[REDACTED:value]"} == json.loads(asked.body)
    new, _ = redactor.response(response(body), [57])
    assert {"a": 909090909090909, "b": [909090909090909], "c": "[REDACTED:value]"} == json.loads(new.body)


def test_private_keys() -> None:
    """A private key goes whole: over lines, in JSON, in a form; also without its end. Code that names its lines stays."""
    lines = [
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "b64+/b64==",
        "-----END PRIVATE KEY-----",
    ]
    for end in ("\n", "\r\n", "\\n", "%0A"):
        text = rules().text(f"before {end.join(lines)} after")
        assert "before [REDACTED:private-key] after" == text
    assert "a [REDACTED:private-key]{" == rules().text(f"a {lines[0]}\n{lines[1]}{{")
    both = "\n".join([*lines, "middle", *lines])
    assert "[REDACTED:private-key]\nmiddle\n[REDACTED:private-key]" == rules().text(both)
    assert "[REDACTED:private-key]! x [REDACTED:private-key]!" == rules().text("! x ".join([both[:60]] * 2) + "!")
    kept = rules(keep=("shape:private-key",))
    assert both == kept.text(both)
    code = f'if s.startswith("{lines[0]}") and s.endswith("{lines[-1]}"):'
    assert code == rules().text(code)
    encrypted = f"{lines[0]}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n{lines[1]}\n{lines[-1]}"
    assert "[REDACTED:private-key]" == rules().text(encrypted)
    assert "-----BEGIN PUBLIC KEY-----\nMIIB" == rules().text("-----BEGIN PUBLIC KEY-----\nMIIB")


def test_more_by_option() -> None:
    """JSON pointers, names of headers, parameters and fields, and expressions add to what is redacted."""
    redactor = rules(
        "/users/*/email", "/whole", "header:X-Mine", "query:trace", "json:ssn", r"regex:emp-(\d+)", "regex:ACME"
    )
    body = b'{"users":[{"email":"a@b","n":1},{"email":7}],"whole":{"x":[1]},"ssn":"1-2-3","t":"emp-123 ACME"}'
    request = Request(
        method="POST",
        url="https://h/?trace=1",
        body=body,
        headers={"Content-Type": ("application/json",), "X-Mine": ("a", "b")},
    )
    new = redactor.request(request)

    custom = "[REDACTED:custom]"
    assert {
        "users": [{"email": custom, "n": 1}, {"email": custom}],
        "whole": custom,
        "ssn": "[REDACTED:json]",
        "t": f"emp-{custom} {custom}",
    } == json.loads(new.body)
    assert "https://h/?trace=[REDACTED:query]" == new.url
    assert ("[REDACTED:header]",) * 2 == new.headers["X-Mine"]
    assert "a [REDACTED:custom]" == redactor.text("a ACME")
    assert new == redactor.request(new)


def test_pointers_within_pointers() -> None:
    """Where one leads into what another leads to, the outer one counts; all around stays, whatever its bytes."""
    redactor = rules("/a", "/a/b", "/ü/*")
    body = '{"a":{"b":"x"},"c":"é😀","ü":[1,"zwei",{"drei":3}],"d":"keep"}'.encode()
    custom = '"[REDACTED:custom]"'
    expected = f'{{"a":{custom},"c":"é😀","ü":[{custom},{custom},{custom}],"d":"keep"}}'.encode()
    assert expected == redactor.response(response(body), [len(body)])[0].body


def test_pointers_leave_the_times_of_a_stream() -> None:
    """Each chunk keeps what is its own."""
    event = b'data: {"e":"x","f":1}\n\n'
    _, sizes = rules("/e").response(response(event * 8, "text/event-stream"), [len(event)] * 8)
    assert [len(event) - 1 + len("[REDACTED:custom]")] * 8 == sizes


def test_pointers_in_streams() -> None:
    """A JSON pointer leads into each event of a stream, and each line of NDJSON."""
    for content_type, before in (("text/event-stream", b"data: "), ("application/x-ndjson", b"")):
        body = before + b'{"user":"me"}\n' + before + b'{"other":"me"}\n' + before + b"[DONE]\n"
        new, _ = rules("/user").response(response(body, content_type), [len(body)])
        assert body.replace(b'"user":"me"', b'"user":"[REDACTED:custom]"') == new.body


def test_exceptions() -> None:
    """What is kept stays: a header, a parameter, a field, a shape, a variable, what an expression matches."""
    keep = (
        "header:x-api-key",
        "query:code",
        "json:account_id",
        "shape:jwt",
        "env:MY_SECRET",
        "regex:sk-ant-api03-TEST.*",
    )
    redactor = rules(keep=keep)
    jwt = "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"
    kept = f'{{"account_id":"1","a":"{jwt} {VALUE} sk-ant-api03-TEST-and-long-enough"}}'
    redactor.learn_credentials([("X-Api-Key", "anotherKey0001")], "/")
    request = Request(method="GET", url="https://h/?code=1", body=kept.encode(), headers={"X-Api-Key": ("k",)})

    assert redactor.request(request) is request
    assert "anotherKey0001" == redactor.text("anotherKey0001")
    assert HIDDEN == redactor.text(KEY)


@pytest.mark.parametrize(
    ("layer", "left"),
    [
        (
            "headers",
            'k ?key=[REDACTED:query] "password":"[REDACTED:password]" [REDACTED:anthropic-key] [REDACTED:value]',
        ),
        (
            "names",
            f'[REDACTED:header] ?key={SIGNATURE} "password":"[REDACTED:password]" [REDACTED:anthropic-key] [REDACTED:value]',
        ),
        ("json", '[REDACTED:header] ?key=[REDACTED:query] "password":"p" [REDACTED:anthropic-key] [REDACTED:value]'),
        ("shapes", f'[REDACTED:header] ?key=[REDACTED:query] "password":"[REDACTED:password]" {KEY} [REDACTED:value]'),
        ("values", f'[REDACTED:header] ?key=[REDACTED:query] "password":"[REDACTED:password]" {HIDDEN} {VALUE}'),
    ],
)
def test_a_layer_that_is_off(layer: str, left: str) -> None:
    """Each layer can be turned off by itself; the others go on."""
    request = Request(
        method="GET",
        url=f"https://h/?key={SIGNATURE}",
        body=f'"password":"p" {KEY} {VALUE}'.encode(),
        headers={"X-Api-Key": ("k",)},
    )
    new = rules(f"off:{layer}").request(request)

    assert left == f"{new.headers['X-Api-Key'][0]} ?{new.url.partition('?')[2]} {new.body.decode()}"


def test_an_expression_that_finds_its_own_placeholder() -> None:
    """It ends all the same."""
    assert "[REDACTED" in rules("regex:custom").text("custom words are here")


def test_what_kind_of_key_it_was_does_not_count() -> None:
    """A request recorded with a key of a known shape is the same with one without, or with another."""
    asked = [Request(method="POST", url=f"https://h/{key}/x", body=f'{{"a":"{key}"}}'.encode()) for key in (KEY, VALUE)]
    one, other = (generic_request(rules().request(each)) for each in asked)

    assert one == other
    assert "https://h/[REDACTED]/x" == one.url


def test_a_form_with_json_in_it() -> None:
    """A plus is a blank in a form."""
    form = b"payload=%7B%22api_key%22%3A+%22abcd1234%22%7D"
    new, _ = rules().response(response(form, "application/x-www-form-urlencoded"), [len(form)])
    assert b"payload=%7B%22api_key%22%3A+%22[REDACTED:api_key]%22%7D" == new.body


def test_a_number_in_a_longer_number() -> None:
    """A value of digits within other digits is another number."""
    redactor = Redactor(environment={"PIN_SECRET": "123456789012"})
    text = '{"a":9123456789012345,"b":123456789012.5}'
    assert text == redactor.text(text)


def test_one_behind_another() -> None:
    """Where one credential ends and another begins, both go: the second is a word once the first is gone."""
    assert f"[REDACTED:value]{HIDDEN} x" == rules().text(f"{VALUE}{KEY} x")
    short = "hf_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz"  # its beginning is told by where a word begins
    assert f"x{short}" == rules().text(f"x{short}")
    assert "[REDACTED:value][REDACTED:huggingface-key] x" == rules().text(f"{VALUE}{short} x")


def test_everything_off() -> None:
    """With every layer off nothing is looked through."""
    off = rules("off:headers", "off:names", "off:json", "off:shapes", "off:values")
    request = Request(method="GET", url=f"https://h/?key={KEY}", body=KEY.encode(), headers={"X-Api-Key": (VALUE,)})

    assert off.request(request) is request
    assert off.find_leak(KEY.encode()) is None


def test_leak() -> None:
    """What is left in a text that is to be written is named by its kind, never shown; base64 over lines is read."""
    assert rules().find_leak(b"body: nothing in here\n") is None
    assert "a credential [REDACTED:anthropic-key]" == rules().find_leak(f"X-{KEY}: 1\n".encode())
    encoded = base64.b64encode(b"\xff" * 31 + KEY.encode() + b"\xff" * 90).decode()
    lines = "".join(f"          {encoded[at : at + 70]}\n" for at in range(0, len(encoded), 70))
    assert "an encoded credential" == rules().find_leak(f"body: !!binary |\n{lines}".encode())


def test_no_leak_is_a_placeholder_that_keeps_a_form() -> None:
    """A token of ours in an answer that is no text is none, however deep in encodings it stands."""
    claims = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in ({"alg": "none"}, {"iss": "me"})]
    token = f"{claims[0]}.{claims[1]}.c2lnbmF0dXJlcw".replace("=", "")
    kept = json.loads(rules().response(response(json.dumps({"a": token}).encode()), [])[0].body)["a"]
    frame = b"\xff\xfe" + base64.b64encode(json.dumps({"b": kept}).encode()) + b"\xff"
    block = b"body: !!binary " + base64.b64encode(frame)

    assert token != kept
    assert rules().find_leak(block) is None
    assert "an encoded credential" == rules().find_leak(
        b"body: !!binary " + base64.b64encode(frame + b"\xff" + KEY.encode() + b"\xff\xff")
    )


def test_what_is_remembered_is_bounded() -> None:
    """Many different texts do not fill the memory."""
    redactor = rules()
    for number in range(2100):
        redactor.text(f"a header value {number}")
    assert len(redactor._remembered) <= 1001


PIECES = st.sampled_from(
    [KEY, VALUE, '"password":"p"', "\\", '"', "{", "}", "\n", "data: ", "é", "\\n", "%41", " a ", " "]
)


@given(
    pieces=st.lists(PIECES, max_size=12), content_type=st.sampled_from(["application/json", "text/event-stream", ""])
)
@settings(deadline=None, max_examples=200)
def test_idempotent(pieces: list[str], content_type: str) -> None:
    """What is redacted stays as it is, whatever is around it, and the credential is gone."""
    body = "".join(pieces).encode()
    once, sizes = rules().response(response(body, content_type), [len(body)])
    twice, _ = rules().response(once, sizes)

    assert once == twice
    assert KEY.encode() not in once.body
    assert VALUE.encode() not in once.body
    assert sum(sizes) == len(once.body)


def test_the_size_of_hostile_bodies() -> None:
    """Nothing takes more than linear time: each of these would run for hours if it did."""
    for piece in (
        "sk-",
        "eyJ-",
        "eyJ.",
        "\\",
        '\\"',
        '"',
        '"password":"',
        "%4",
        "%41",
        "-----BEGIN PRIVATE KEY-----",
        "A",
        "{",
    ):
        body = (piece * 300_000)[:1_000_000].encode()
        for content_type in ("application/json", "text/event-stream"):
            rules().response(response(body, content_type), [len(body)])


def test_conversations_are_left_alone() -> None:
    """In real traffic that has no credentials requests and streams stay as they are, but for what the golden lists."""
    redactor = Redactor()
    changed = 0
    for file in corpus()[::5]:
        for each in load(file).interactions:
            changed += redactor.request(each.request) is not each.request
    assert 0 == changed


def test_one_apart_redacts_the_same() -> None:
    """A copy for another thread knows what was seen, and remembers for itself."""
    redactor = Redactor()
    redactor.learn_credentials([("authorization", "Bearer a-key-without-a-shape")], "")
    apart = redactor.snapshot()

    assert redactor.text("it is a-key-without-a-shape") == apart.text("it is a-key-without-a-shape")
    assert "a-key" not in apart.text("it is a-key-without-a-shape")


def test_one_that_learns_no_more() -> None:
    """A frozen one knows what was known, and nothing that the other learns."""
    redactor = Redactor()
    redactor.learn(["a-key-without-a-shape"])
    frozen = redactor.frozen()
    redactor.learn(["another-one-of-no-shape"])

    assert "another" not in redactor.text("is another-one-of-no-shape known")
    assert "is another-one-of-no-shape known" == frozen.text("is another-one-of-no-shape known")
    assert "a-key" not in frozen.text("is a-key-without-a-shape known")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(method="GET", url="https://h/"), False),
        (Request(method="GET", url="https://h/", body=b'"a-key-without-a-shape"'), True),
        (Request(method="GET", url="https://h/?a-key-without-a-shape"), True),
        (Request(method="GET", url="https://h/", headers={"A": ("b", "a-key-without-a-shape")}), True),
        (Request(method="GET", url="https://h/", form={"a": ("a-key-without-a-shape",)}), True),
    ],
)
def test_whether_a_known_value_is_there(request_: Request, expected: bool) -> None:
    """In all of a request; where no value is known there is none."""
    redactor = Redactor()
    assert not redactor.knows_what_is_in(request_)
    redactor.learn(["a-key-without-a-shape"])

    assert expected is redactor.knows_what_is_in(request_)
