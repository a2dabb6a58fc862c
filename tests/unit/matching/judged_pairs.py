"""Pairs of requests by chance, and by what rule they are one request or two: by the RFCs, and by what servers do.

`python -m tests.unit.matching.judged_pairs` tries them and prints the table.
"""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from random import Random
from urllib.parse import quote

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.miss import Miss
from tapehead.matching.rules import Rules
from tests.unit.matching.respelling import json_text, multipart, parameters, paths, replaced

EACH = 70
"""Pairs of each rule."""

type Headers = tuple[tuple[str, str], ...]
type Pair = tuple[Request, Request]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789"
_FORM = {"Content-Type": ("application/x-www-form-urlencoded",)}
_JSON = {"Content-Type": ("application/json",)}
_RULES = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A rule, and pairs that it judges."""

    what: str
    same: bool
    source: str
    make: Callable[[Random], Pair]


def _word(random: Random, least: int = 1) -> str:
    return "".join(random.choices(_LETTERS, k=random.randint(least, 8)))


def _words(random: Random, count: int) -> list[str]:
    return list({_word(random, 3): None for _ in range(count + 9)})[:count]


def _get(url: str, **headers: str) -> Request:
    return Request(method="GET", url=url, headers={name.replace("_", "-"): (value,) for name, value in headers.items()})


def _post(body: bytes, headers: Mapping[str, tuple[str, ...]] | None = None) -> Request:
    return Request(method="POST", url="https://api.example.com/v1/x", body=body, headers=headers or {})


def _url(random: Random, *, host: str = "", path: str = "", query: str = "") -> str:
    return f"https://{host or _word(random).lower() + '.example'}/{path or _word(random)}{query and f'?{query}'}"


def _value(random: Random, depth: int = 3) -> object:
    kinds = (
        [random.randint(-999, 10 ** random.randint(1, 20)), random.random(), _word(random), 'é\n"\\', True, None],
        {name: _value(random, depth - 1) for name in _words(random, random.randint(1, 3))} if depth else 0,
        [_value(random, depth - 1) for _ in range(random.randint(1, 3))] if depth else 0,
    )
    return random.choice(kinds) if depth else random.choice(kinds[0])


def _object(random: Random) -> dict[str, object]:
    return {name: _value(random) for name in _words(random, 3)}


# URLs


def _query_order(random: Random) -> Pair:
    pairs = [f"{name}={_word(random)}" for name in _words(random, 3)]
    base = _url(random)
    return _get(f"{base}?{'&'.join(pairs)}"), _get(f"{base}?{'&'.join(pairs[1:] + pairs[:1])}")


def _repeated(random: Random) -> Pair:
    name, other = _words(random, 2)
    values = _words(random, 2)
    texts = [f"{name}={values[0]}&{other}=1&{name}={values[1]}", f"{name}={values[1]}&{other}=1&{name}={values[0]}"]
    base = _url(random)
    return _get(f"{base}?{texts[0]}"), _get(f"{base}?{texts[1]}")


def _repeated_moved(random: Random) -> Pair:
    name, other = _words(random, 2)
    a, b = _words(random, 2)
    base = _url(random)
    return _get(f"{base}?{name}={a}&{other}=1&{name}={b}"), _get(f"{base}?{other}=1&{name}={a}&{name}={b}")


def _escaped(random: Random) -> Pair:
    word = _word(random, 3)
    at = random.randrange(len(word))
    spelt = f"{word[:at]}%{ord(word[at]):02{random.choice('xX')}}{word[at + 1 :]}"
    if random.random() < 0.5:
        base = _url(random)
        return _get(f"{base}?q={word}"), _get(f"{base}?q={spelt}")
    host = _word(random).lower()
    return _get(_url(random, host=host, path=word)), _get(_url(random, host=host, path=spelt))


def _host_case(random: Random) -> Pair:
    host, path = _word(random, 3).lower(), _word(random)
    return _get(f"https://{host}/{path}"), _get(f"HTTPS://{host.upper()}/{path}")


def _default_port(random: Random) -> Pair:
    host, path = _word(random).lower(), _word(random)
    scheme, port = random.choice((("https", "443"), ("http", "80")))
    spelt = random.choice((f":{port}", f":0{port}", f":000{port}", ":"))
    return _get(f"{scheme}://{host}/{path}"), _get(f"{scheme}://{host}{spelt}/{path}")


def _other_port(random: Random) -> Pair:
    host, port = _word(random).lower(), random.randint(1024, 65535)
    return _get(f"https://{host}:{port}/x"), _get(f"https://{host}{random.choice(('', f':{port - 1}'))}/x")


def _ipv6(random: Random) -> Pair:
    address = IPv6Address(random.getrandbits(128) & random.choice((2**128 - 1, 2**64 - 1, 0xFFFF)))
    spelt = random.choice((address.exploded, address.compressed.upper(), str(address.exploded).upper()))
    port = random.choice(("", ":8000", ":08000"))
    return _get(f"http://[{address}]{port.replace('0800', '800')}/x"), _get(f"http://[{spelt}]{port}/x")


def _other_ipv6(random: Random) -> Pair:
    number = random.getrandbits(100)
    return _get(f"http://[{IPv6Address(number)}]/x"), _get(f"http://[{IPv6Address(number + 1)}]/x")


def _blank_in_query(random: Random) -> Pair:
    base, a, b = _url(random), _word(random), _word(random)
    return _get(f"{base}?q={a}+{b}"), _get(f"{base}?q={a}%20{b}")


def _mark(mark: str, escape: str, *, in_path: bool) -> Callable[[Random], Pair]:
    def make(random: Random) -> Pair:
        host, a, b = _word(random).lower(), _word(random), _word(random)
        one, other = (f"{a}{each}{b}" for each in (mark, escape))
        if in_path:
            return _get(f"https://{host}/{one}/y"), _get(f"https://{host}/{other}/y")
        return _get(f"https://{host}/x?q={one}"), _get(f"https://{host}/x?q={other}")

    return make


def _path_case(random: Random) -> Pair:
    word = f"{_word(random)}a"
    return _get(f"https://h/{word}"), _get(f"https://h/{word.swapcase()}")


def _slash(random: Random) -> Pair:
    word = _word(random)
    return _get(f"https://h/{word}"), _get(f"https://h/{random.choice((f'{word}/', f'/{word}'))}")


def _fragment(random: Random) -> Pair:
    url = _url(random, query=f"a={_word(random)}")
    return _get(url), _get(f"{url}#{_word(random)}")


def _empty_value(random: Random) -> Pair:
    base, name = _url(random), _word(random, 3)
    return _get(f"{base}?{name}&x=1"), _get(f"{base}?x=1&{name}=")


def _other_value(random: Random) -> Pair:
    base, name = _url(random), _word(random)
    value = _word(random)
    return _get(f"{base}?{name}={value}"), _get(f"{base}?{name}={value}{random.choice('xé%20')}")


def _utf8(random: Random) -> Pair:
    base, word = _url(random), f"{_word(random)}é😀"
    return _get(f"{base}?q={word}"), _get(f"{base}?q={quote(word)}")


# Bodies


def _json_respelt(random: Random) -> Pair:
    value = _object(random)
    return _post(json.dumps(value).encode(), _JSON), _post(json_text(value, random).encode(), _JSON)


def _json_other(random: Random) -> Pair:
    value = _object(random)
    path = random.choice(paths(value))
    return _post(json.dumps(value).encode()), _post(json.dumps(replaced(value, path, "another value")).encode())


def _json_list_order(random: Random) -> Pair:
    a, b = _words(random, 2)
    return _post(json.dumps({"l": [a, b]}).encode()), _post(json.dumps({"l": [b, a]}).encode())


def _duplicates(random: Random) -> Pair:
    name, a, b = _words(random, 3)
    one, other = (f'{{"x":0,"{name}":"{first}","{name}":"{last}"}}'.encode() for first, last in ((a, b), (b, a)))
    return _post(one), _post(other)


def _duplicates_moved(random: Random) -> Pair:
    name, a, b = _words(random, 3)
    one = f'{{"x":0,"{name}":"{a}","{name}":"{b}"}}'
    return _post(one.encode()), _post(f'{{"{name}":"{a}", "x":0.0, "{name}":"{b}"}}'.encode())


def _bom(random: Random) -> Pair:
    text = json.dumps(_object(random)).encode()
    return _post(text, _JSON), _post(b"\xef\xbb\xbf" + text, _JSON)


def _numbers(random: Random) -> Pair:
    digits, power = random.randint(1, 10**17), random.randint(-30, 30)
    zeros = random.randint(1, 5)
    one, other = f'{{"n":{digits}e{power}}}', f'{{"n":{digits}{"0" * zeros}E{power - zeros}}}'
    return _post(one.encode()), _post(other.encode())


def _other_numbers(random: Random) -> Pair:
    digits = random.randint(2**53, 2**90)
    return _post(b'{"n":%d}' % digits), _post(b'{"n":%d}' % (digits + 1))


def _nan(random: Random) -> Pair:
    name, word = _words(random, 2)
    constant = random.choice(("NaN", "Infinity", "-Infinity"))
    one, other = f'{{"{name}":{constant},"b":"{word}"}}', f'{{ "b":"{word}", "{name}":{constant} }}'
    return _post(one.encode()), _post(other.encode())


def _nan_or_null(random: Random) -> Pair:
    name = _word(random)
    other = random.choice(("null", '"NaN"', "0", "Infinity"))
    return _post(f'{{"{name}":NaN}}'.encode()), _post(f'{{"{name}":{other}}}'.encode())


def _deep(random: Random) -> Pair:
    depth = random.randint(201, 999)
    inside = [b'{"a":1,"b":2}', b'{ "b":2.0,"a":1 }']
    one, other = (b"[" * depth + each + b"]" * depth for each in inside)
    return _post(one), _post(other)


def _deep_other(random: Random) -> Pair:
    depth = random.randint(201, 999)
    return _post(b"[" * depth + b"]" * depth), _post(b"[" * (depth + 1) + b"]" * (depth + 1))


def _normal_forms(random: Random) -> Pair:
    word = _word(random)
    return _post(f'{{"a":"{word}é"}}'.encode()), _post(f'{{"a":"{word}e\u0301"}}'.encode())


def _form_order(random: Random) -> Pair:
    pairs = [(name, _word(random)) for name in _words(random, 3)]
    one, other = (parameters(pairs, random).encode() for _ in range(2))
    return _post(one, _FORM), _post(other, _FORM)


def _form_repeated(random: Random) -> Pair:
    name, a, b = _words(random, 3)
    return _post(f"{name}={a}&{name}={b}".encode(), _FORM), _post(f"{name}={b}&{name}={a}".encode(), _FORM)


def _multipart_of(text: str, content: str = "v") -> Request:
    head = f"Content-Disposition: form-data; {text}"
    body = f"--B\r\n{head}\r\n\r\n{content}\r\n--B--\r\n".encode()
    return _post(body, {"Content-Type": ("multipart/form-data; boundary=B",)})


def _boundary(random: Random) -> Pair:
    parts = [(name, _word(random).encode()) for name in _words(random, 2)]
    spelt = [multipart(parts, random) for _ in range(2)]
    one, other = (_post(body, {"Content-Type": (kind,)}) for kind, body in spelt)
    return one, other


def _unquoted(random: Random) -> Pair:
    name, content = _word(random), _word(random)
    spelt = random.choice((f"name={name}", f"NAME={name}", f'name = "{name}"'))
    return _multipart_of(f'name="{name}"', content), _multipart_of(spelt, content)


def _extended(random: Random) -> Pair:
    name, file = _words(random, 2)
    spelt = f"filename*={random.choice(('UTF-8', 'utf-8'))}''{quote(file + 'é.txt')}"
    return _multipart_of(f'name="{name}"; filename="{file}é.txt"'), _multipart_of(f"{spelt}; name={name}")


def _other_file(random: Random) -> Pair:
    name, a, b = _words(random, 3)
    other = random.choice((f'filename="{b}"', f"filename*=UTF-8''{b}", ""))
    return _multipart_of(f'name="{name}"; filename="{a}"'), _multipart_of(f'name="{name}"; {other}')


def _parts_order(random: Random) -> Pair:
    parts = [(name, _word(random).encode()) for name in _words(random, 2)]
    spelt = [multipart(each, random) for each in (parts, parts[::-1])]
    one, other = (_post(body, {"Content-Type": (kind,)}) for kind, body in spelt)
    return one, other


def _coded(random: Random) -> Pair:
    text = json.dumps(_object(random)).encode()
    return _post(text, _JSON), _post(gzip.compress(text), {**_JSON, "Content-Encoding": ("gzip",)})


def _text(random: Random) -> Pair:
    word = _word(random)
    return _post(word.encode()), _post(f"{word}{random.choice((' ', '.', chr(10)))}".encode())


def _method(random: Random) -> Pair:
    one = _get(_url(random))
    return one, replace(one, method=random.choice(("HEAD", "POST", "DELETE", "get")))


# Headers


def _range(first: int, last: int) -> str:
    return f"bytes={first}-{last}"


def _same_range(random: Random) -> Pair:
    url, value = _url(random), _range(random.randint(0, 99), random.randint(100, 999))
    return _get(url, Range=value), _get(url, Range=value, Accept=_word(random))


def _other_range(random: Random) -> Pair:
    url, first = _url(random), random.randint(0, 99)
    name = random.choice(("Range", "If_Match", "If_None_Match", "X_Amz_Target", "Soapaction", "Mcp_Session_Id"))
    return _get(url, **{name: _range(first, 100)}), _get(url, **{name: _range(first, 101)})


def _range_not_sent(random: Random) -> Pair:
    url = _url(random)
    return _get(url, X_Portkey_Provider=_word(random)), _get(url)


def _range_not_recorded(random: Random) -> Pair:
    url = _url(random)
    return _get(url), _get(url, Range=_range(0, random.randint(0, 99)))


def _other_accept(random: Random) -> Pair:
    url = _url(random)
    return _get(url, Accept=_word(random), User_Agent="a"), _get(url, Accept=_word(random), User_Agent="b")


def _listed(random: Random) -> Pair:
    url = _url(random)
    a, b = (f'"{each}"' for each in _words(random, 2))
    one = replace(_get(url), headers={"If-None-Match": (a, b)})
    return one, _get(url, If_None_Match=f"{a}{random.choice((',', ', ', ' , '))}{b}")


_3986, _8259, _7578, _9110 = "RFC 3986", "RFC 8259", "RFC 7578", "RFC 9110"

JUDGED: tuple[Judged, ...] = tuple(
    Judged(what=what, same=same, source=source, make=make)
    for what, same, source, make in (
        ("parameters of other names in another order", True, "servers read them by name", _query_order),
        ("values of one name in another order", False, "servers read a list, the first or the last", _repeated),
        ("values of one name moved together", True, "the same", _repeated_moved),
        ("a letter or a digit escaped", True, f"{_3986}, 6.2.2.2", _escaped),
        ("scheme and host in another case", True, f"{_3986}, 6.2.2.1", _host_case),
        ("the default port, written or not", True, f"{_3986}, 6.2.3", _default_port),
        ("another port", False, f"{_3986}, 3.2.3", _other_port),
        ("an IPv6 address in another spelling", True, "RFC 5952, 4", _ipv6),
        ("another IPv6 address", False, "RFC 5952, 4", _other_ipv6),
        ("a blank in a query as + or %20", True, "WHATWG URL, 5.1", _blank_in_query),
        ("+ in a query, escaped or not", False, "WHATWG URL, 5.1", _mark("+", "%2B", in_path=False)),
        ("; in a query, escaped or not", False, "some servers part pairs by it", _mark(";", "%3B", in_path=False)),
        ("& in a query, escaped or not", False, "WHATWG URL, 5.1", _mark("&", "%26", in_path=False)),
        ("+ in a path, escaped or not", False, f"{_3986}, 2.2; S3", _mark("+", "%2B", in_path=True)),
        ("; in a path, escaped or not", False, f"{_3986}, 3.3", _mark(";", "%3b", in_path=True)),
        ("/ in a path, escaped or not", False, f"{_3986}, 2.2", _mark("/", "%2F", in_path=True)),
        (": in a path, escaped or not", True, "servers undo it: AWS's SDKs escape it", _mark(":", "%3A", in_path=True)),
        ("a path in another case", False, f"{_3986}, 6.2.2.1", _path_case),
        ("a slash more", False, f"{_3986}, 6.2.3", _slash),
        ("a fragment", True, f"{_3986}, 3.5: it is not sent", _fragment),
        ("a parameter without a value", True, "WHATWG URL, 5.1", _empty_value),
        ("another value in a query", False, "", _other_value),
        ("UTF-8 in a query, escaped or not", True, f"{_3986}, 2.5", _utf8),
        ("another method", False, f"{_9110}, 9.1", _method),
        ("JSON spelt otherwise", True, _8259, _json_respelt),
        ("another value in JSON", False, _8259, _json_other),
        ("a list in another order", False, f"{_8259}, 5", _json_list_order),
        ("values of one key in another order", False, f"{_8259}, 4: the last, the first or all", _duplicates),
        ("values of one key, another key between them", True, f"{_8259}, 4", _duplicates_moved),
        ("a byte order mark", True, f"{_8259}, 8.1", _bom),
        ("a number spelt otherwise", True, f"{_8259}, 6", _numbers),
        ("another large number", False, f"{_8259}, 6", _other_numbers),
        ("NaN and other keys in another order", True, "Python's json, and JSON5", _nan),
        ("NaN or something else", False, "the same", _nan_or_null),
        ("up to 1,000 levels, spelt otherwise", True, f"{_8259}, 9", _deep),
        ("one level more", False, f"{_8259}, 9", _deep_other),
        ("another normal form of a character", False, f"{_8259}, 8.3", _normal_forms),
        ("a form spelt otherwise", True, "WHATWG URL, 5", _form_order),
        ("values of one field in another order", False, "servers read a list, the first or the last", _form_repeated),
        ("another boundary", True, "RFC 2046, 5.1.1", _boundary),
        ("a field's name without quotes", True, f"{_7578}, 4.2; {_9110}, 5.6.6", _unquoted),
        ("a file's name as filename*", True, "RFC 8187, 3.2", _extended),
        ("another file's name", False, f"{_7578}, 4.2", _other_file),
        ("parts in another order", False, f"{_7578}, 5.2", _parts_order),
        ("a body that is compressed", True, f"{_9110}, 8.4", _coded),
        ("another text", False, "", _text),
        ("the same header that says what is asked", True, f"{_9110}, 14.2", _same_range),
        ("such a header with another value", False, f"{_9110}, 13 and 14.2", _other_range),
        ("such a header that is not sent", False, "the same", _range_not_sent),
        ("such a header that was not recorded", True, "public cassettes have none", _range_not_recorded),
        ("another header", True, "none that says what is asked", _other_accept),
        ("a header's values in one line", True, f"{_9110}, 5.3", _listed),
    )
)


def matches(recorded: Request, live: Request) -> bool:
    """Whether what was recorded answers."""
    index = Index([Interaction(id=0, request=recorded, response=Response(code=200, status="200 OK"))])
    headers = [(name.lower(), f" {value}") for name, values in live.headers.items() for value in values]
    return not isinstance(index.answer(LiveRequest(live, _RULES, headers=headers)), Miss)


def tried(rule: Judged, seed: int, count: int = EACH) -> Sequence[tuple[Pair, bool]]:
    """Pairs of a rule, and whether they were judged so."""
    random = Random(f"{rule.what} {seed}")
    pairs = [rule.make(random) for _ in range(count)]
    return [(pair, matches(*pair) is rule.same) for pair in pairs]


if __name__ == "__main__":
    total = wrong = 0
    print("| pair | one request | by | pairs | wrong |\n| --- | --- | --- | --- | --- |")
    for rule in JUDGED:
        results = tried(rule, 0)
        bad = sum(not right for _, right in results)
        print(f"| {rule.what} | {'yes' if rule.same else 'no'} | {rule.source} | {len(results)} | {bad} |")
        total, wrong = total + len(results), wrong + bad
    print(f"\n{total} pairs, {wrong} wrong")
