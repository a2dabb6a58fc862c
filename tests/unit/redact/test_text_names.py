import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tapehead.redact.edits import apply, merge
from tapehead.redact.names import Names, Where
from tapehead.redact.redactor import Redactor
from tapehead.redact.stand_ins import is_harmless
from tapehead.redact.text_names import TextNames

FINDER = TextNames(Names(Where.FIELD), Names(Where.TEXT), "query")
HIDDEN = "[REDACTED:password]"
PLACEHOLDER = "[REDACTED:api_key]"
N = "q7Zx9dcba98HkLm21ZYXwvutsRQPON0"  # no shape, and no word


def redact(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return apply(data, merge(FINDER.find(data))).decode(errors="surrogatepass")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('{"password":"x"}', f'{{"password":"{HIDDEN}"}}'),
        ('{"password" :\t"x"}', f'{{"password" :\t"{HIDDEN}"}}'),
        ('{"password":"a\\"b","c":"d"}', f'{{"password":"{HIDDEN}","c":"d"}}'),
        ('{"password":"a\\\\","c":"d"}', f'{{"password":"{HIDDEN}","c":"d"}}'),
        ('{"password":12.5e3,"c":1}', f'{{"password":"{HIDDEN}","c":1}}'),
        ('{"password":["x1","y2"],"c":["z"]}', f'{{"password":["{HIDDEN}","{HIDDEN}"],"c":["z"]}}'),
        ('{"password":{"value":"x1","c":"y"}}', f'{{"password":{{"value":"{HIDDEN}","c":"y"}}}}'),
        ('{"name":"password","value":"x1"}', f'{{"name":"password","value":"{HIDDEN}"}}'),
        ('{"value":"x1","name":"password"}', f'{{"value":"{HIDDEN}","name":"password"}}'),
        ('{"value":12,"key":"password"}', f'{{"value":"{HIDDEN}","key":"password"}}'),
        (
            '{"a":"{\\"value\\":\\"x1\\",\\"name\\":\\"password\\"}"}',
            f'{{"a":"{{\\"value\\":\\"{HIDDEN}\\",\\"name\\":\\"password\\"}}"}}',
        ),
        ('<a value="x1" key="password"/>', f'<a value="{HIDDEN}" key="password"/>'),
        ("<a b='c' password='hunters two'/>", f"<a b='c' password='{HIDDEN}'/>"),
        ("<a key='password' value='hunters two'/>", f"<a key='password' value='{HIDDEN}'/>"),
        ('<a b="c" password=\'hunter2 "quoted"\'/>', f"<a b=\"c\" password='{HIDDEN}'/>"),
        ('{"password":"x', f'{{"password":"{HIDDEN}'),
        ('{"password":"x\n}', f'{{"password":"{HIDDEN}\n}}'),
        ('{"password":""}', '{"password":""}'),
        ('{"password":null,"token":"t"}', '{"password":null,"token":"t"}'),
        ('{"password":{"type":"string"},"password":[{"a":"b"}]}',) * 2,
        ('{"required":["password"],"the password":"x","password_hint":"y"}',) * 2,
        ('{"a":"{\\"password\\":\\"x\\"}"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}\\"}}"}}'),
        ('{"a":"{\\"password\\":7}"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}\\"}}"}}'),
        ('{"a":"{\\"password\\":\\"x"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}"}}'),
        ('{"a":"\\"password\\":","b":1}',) * 2,
        ('"password\\":"x"',) * 2,
        ('{"password":',) * 2,
        ('{"password":  ',) * 2,
        (f'{{"password":"{HIDDEN}"}}',) * 2,
    ],
)
def test_text(text: str, redacted: str) -> None:
    """Strings and numbers under a credential's name are replaced, cut-off ones too; nothing else is."""
    assert redacted == redact(text)
    assert redacted == redact(redacted)


@example(value="\xc0\r\x850", after="", depth=0)
@given(
    # Backslashes before an escape are taken for those of strings within strings: what is a word without them stays.
    value=st.text(min_size=1, max_size=20).filter(
        lambda text: not is_harmless(text) and not is_harmless(text.replace("\\", ""))
    ),
    after=st.text(max_size=10),
    depth=st.integers(0, 3),
)
@settings(deadline=None)
def test_json_in_json(value: str, after: str, depth: int) -> None:
    """At any depth of JSON in a JSON string the whole value goes, whatever is in it, and what follows stays."""

    def nest(secret: str) -> str:
        text = json.dumps({"password": secret, "after": after})
        for _ in range(depth):
            text = json.dumps({"arguments": text, "n": 1})
        return text

    assert nest(HIDDEN) == redact(nest(value))


def test_escapes_in_the_name() -> None:
    """A name that is written with escapes is the same name."""
    data = b'{"p\\u0061ssword" : "x","other\\u0041":"y","p\\u0061ssword":null,"p\\u0061ssword","\\u0041\\x":1}'
    assert data.replace(b'"x"', f'"{HIDDEN}"'.encode()) == apply(data, list(FINDER.find_escaped(data)))


PLACES = [
    ("export MISTRAL_API_KEY={}\nA=b", "api_key"),
    ("MISTRAL_API_KEY = '{}'", "api_key"),
    ('api_key = "{}"', "api_key"),
    ("api_key: {}\nother: x", "api_key"),
    ("- name: SERVICE_TOKEN\n  other: x\n- apiToken: '{}'", "api_token"),
    ("[default]\naws_secret_access_key = {}\nregion = x", "secret_access_key"),
    ("//registry.example.org/:_authToken={}", "auth_token"),
    ("machine example.com login me password {}", "password"),
    ("machine example.com\n  login me\n  password {}\n", "password"),
    ("run --api-key {} --verbose", "api_key"),
    ("run --api-key={} --verbose", "api_key"),
    ("run -ApiKey {}", "api_key"),
    ("curl -H 'Authorization: Bearer {}' https://h", "authorization"),
    ("curl -H 'x-api-key: {}' https://h", "x_api_key"),
    ("Authorization: Basic {}", "authorization"),
    ("I was given Bearer {} to use", "bearer"),
    ("Server=db;User Id=me;Password={};Pooling=true", "password"),
    ("DefaultEndpointsProtocol=https;AccountKey={};EndpointSuffix=h", "account_key"),
    ("https://h/mcp?exaApiKey={}&a=b", "query"),
    ("https://h/f?sv=2024&sig={}&se=2", "query"),
    ("https://h/f?a=b&X-Amz-Signature={}", "query"),
    ("credentials[api_key]={}", "api_key"),
    ("{{'api_key': '{}', 'a': 'b'}}", "api_key"),
    ("{{'headers': {{'x-subscription-token': b'{}'}}}}", "subscription_token"),
    ('headers["X-Auth-Token"] = "{}"', "auth_token"),
    ("headers => {{ 'private_token' => '{}' }}", "private_token"),
    ('[["authorization", "Bearer {}"], ["a", "b"]]', "authorization"),
    ("(b'x-api-key', b'{}')", "x_api_key"),
    ("client = Client(api_key='{}', timeout=3)", "api_key"),
    ("<SecretAccessKey>{}</SecretAccessKey>", "secret_access_key"),
    ("<ns:SessionToken>{}</ns:SessionToken>", "session_token"),
    ('<server password="{}" port="1"/>', "password"),
    ('<add key="ApiKey" value="{}"/>', "api_key"),
    ('<add value="{}" key="ApiKey"/>', "api_key"),
    ("<add\n  type='a'\n  value='{}'\n  on=\"x\"\n  name='ApiKey'/>", "api_key"),
    ('<x:server checked a=b c="d" api_key="{}" port="1">', "api_key"),
    ('{{"value": "{}", "name": "API_KEY_2"}}', "api_key"),
    ('{{\n  "name": "API_KEY_2",\n  "value": "{}"\n}}', "api_key"),
    ('{{"value": "{}", "enabled": true, "type": "string", "n": 1, "key": "api_key"}}', "api_key"),
    ('[{{"name": "a", "value": "b"}}, {{"value": "{}",\n "name": "api_key"}}]', "api_key"),
    ("Cookie: theme=dark; sid={}; a=b", "cookie"),
    ('{{"headers":{{"Cookie":"theme=dark; sid={}"}}}}', "cookie"),
    ('{{"token":"{}"}}', "token"),
    ('{{"key":"{}"}}', "key"),
    ('{{"auth":"{}","grant_type":"x"}}', "auth"),
    ('{{"code":"{}","grant_type":"authorization_code"}}', "code"),
    ('{{"env":[{{"name":"API_KEY_2","value":"{}"}}]}}', "api_key"),
    ('{{"apiKeys":["{}"]}}', "api_keys"),
    ('<SecretAccessKey type="string">{}</SecretAccessKey>', "secret_access_key"),
    ("<wsse:Password Type=\"http://docs.example.org/a#PasswordText\"\n  b='c'>{}</wsse:Password>", "password"),
    ("<Password><![CDATA[{}]]></Password>", "password"),
    ('<Password a="b"><![CDATA[{}]]></Password>', "password"),
    ("api_keys:\n  - {}\n  - other\nname: x\n", "api_keys"),
    ("api_keys:\r\n- other-words-here\r\n- '{}'\r\n", "api_keys"),
    ("password: |\n  {}\nname: x\n", "password"),
    ("client_secret: >-\n    {}", "client_secret"),
    ('api_key = """{}"""\n', "api_key"),
    ("API_KEY = '''\n{}\n'''\n", "api_key"),
    ('api_key: str = "{}"', "api_key"),
    ("api_key: dict[str, str] | None = '{}'", "api_key"),
    ("const apiKey: string = '{}';", "api_key"),
    ('static API_KEY: &\'static str = "{}";', "api_key"),
    ('const apiKey string = "{}"', "api_key"),
    ('{{"name": "API_KEY", "type": "secret", "value": "{}"}}', "api_key"),
    ('{{"name":"API_KEY","type":"secret","enabled":true,"n":1,"value":"{}"}}', "api_key"),
    ('<add key="ApiKey" type="x" value="{}"/>', "api_key"),
    ("Authorization: Splunk {}", "authorization"),
]


@pytest.mark.parametrize(("text", "kind"), PLACES)
@pytest.mark.parametrize("depth", range(3))
def test_places(text: str, kind: str, depth: int) -> None:
    """In every way in which people and programs write a name beside a value the value goes, and nothing else."""
    given, expected = text.format(N), text.format(f"[REDACTED:{kind}]")
    for _ in range(depth):
        given, expected = json.dumps({"content": given}), json.dumps({"content": expected})

    assert expected == Redactor().text(given)
    assert expected == Redactor().text(expected)


@pytest.mark.parametrize(
    "text",
    [
        f"api_key({N})",
        f"api_key = get({N})",
        f"<api_key>{N}",
        f"<api_key>{N}<b></b></api_key>",
        f"the api_key {N}",
        f"Vec<ApiKey>{N}</Vec>",
        f"api_key == {N}",
        f"monkey={N}",
        f"keyboard: {N}",
        f"api_key = '{N}",
        f"api_key = 'a\n{N}'",
        f'"api_key","{N[:5]}"',
        f'{{"api_key":\\"{N}\\"}}',
        f"?max_tokens={N}",
        f"password {N}",
        f"<api_key type='x'>{N}",
        f"<api_key><![CDATA[{N}</api_key>",
        f"<api_key><![CDATA[{N}]]><b></b></api_key>",
        f"keys_of:\n  - {N}\n",
        f"api_keys:\n  a: b\n  - {N}\n",
        f"api_keys:\n  - a\n  - {N}\n",
        f"api_key: |\n{N}\n",
        f'api_key = """{N}',
        'api_key: str = "conversation_id"',
        f'{{"name":"api_key","type":{{"value":"{N}"}}}}',
        "?key=https%3A%2F%2Fnumber.example.com%2Freport%3Fpage%3D1",
        "&token=2026-10-18T11%3A00%3A00Z",
    ],
)
def test_what_is_no_value_of_a_name(text: str) -> None:
    """A call, a comparison, a list that goes on, a string that does not end, another name: nothing is replaced."""
    assert text == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"value":"eu-west-1","name":"region"}',
        '{"value":"Enter your password","name":"password"}',
        '{"value":"string","key":"api_key"}',
        '{"value":"x-api-key","name":"api_key"}',
        '{"value":"","name":"password"}',
        '{"value":null,"name":"password"}',
        '{"value":["a","b"],"name":"password"}',
        '{"value":"my dog"},{"name":"password"}',
        '{"value":"my dog","of":{"name":"password"}}',
        '{"the value":"my dog","name":"password"}',
        '{"value":"my dog","name":"password',
        '{"value":"my dog","name":\\"password\\"}',
        '<add value="eu-west-1" key="region"/>',
        '<add value="my dog"/><add key="password"/>',
        '<add default_value="my dog" key="password"/>',
        '<input type="password" name="password" placeholder="Your password" autocomplete="current-password">',
        '<label for="password" password="Passwort">',
        'if a <b: call(password="hunter2")',
        '<a href="/x">password="hunter2"</a>',
        '<Row key="conversation_id" cacheKey="a-list-of-all" />',
        '<a api_key="{{ secret }}" data-token="abcdefgh"/>',
    ],
)
def test_what_is_no_value_of_a_name_behind_it(text: str) -> None:
    """Another name, a label, another object or element, no element at all: nothing is replaced."""
    assert text == redact(text)


def test_a_scheme_of_any_name() -> None:
    """Of `Authorization` in JSON what is behind the scheme is judged, and all of it goes; a state is no credential."""
    assert '{"Authorization":"[REDACTED:authorization]"}' == redact(f'{{"Authorization":"Splunk {N}"}}')
    assert '{"Authorization":"Is not given"}' == redact('{"Authorization":"Is not given"}')
    assert '{"authorization":"approved"}' == redact('{"authorization":"approved"}')


def test_a_long_bare_value() -> None:
    """It is judged by its beginning, and goes to its end, also where what ends a sentence stands at the edge of that."""
    for length in (255, 256, 257, 5000):
        value = (N * 200)[:length]
        assert f"api_key={PLACEHOLDER} b" == redact(f"api_key={value} b")
        assert f"api_key={PLACEHOLDER}, b" == redact(f"api_key={value}, b")
    assert f"api_key={PLACEHOLDER} b" == redact(f"api_key={(N * 9)[:255]}.{N} b")


def test_pairs_of_urls_can_be_left_out() -> None:
    """Without a kind for them the pairs in URLs are left alone; other texts are not."""
    data = f"https://h/?api_key={N} api_key={N}".encode()
    finder = TextNames(Names(Where.FIELD), Names(Where.TEXT))

    assert f"https://h/?api_key={N} api_key=[REDACTED:api_key]".encode() == apply(data, merge(finder.find(data)))


def test_fields_alone() -> None:
    """Without a table for texts only fields count, of the user's names if there are no others."""
    data = f'{{"my_own":"x y","a":"api_key={N}"}}'.encode()
    finder = TextNames(Names(Where.FIELD, rows=(), more=("own",), kind="json"), None)

    assert data.replace(b'"x y"', b'"[REDACTED:json]"') == apply(data, merge(finder.find(data)))


def test_long_lists_and_values() -> None:
    """What is very long is looked at from its start, and a list up to a number of strings."""
    many = json.dumps({"api_key": ["x1"] * 1500})
    assert 1000 == redact(many).count("[REDACTED:api_key]")
    assert redact(f'api_key="{N * 1000}"').startswith(f'api_key="{N}')
    assert '{"token":"[REDACTED:token]"}' == redact(f'{{"token":"{N * 1000}"}}')


def test_many_names() -> None:
    """A text that is all names and no values takes no more than linear time."""
    for piece in (
        "key=",
        "api_key: ",
        '"password":',
        "--token ",
        "<key>",
        "cookie: a=b;",
        "://a:b@c",
        "curl -u a:b ",
        '"key","',
        '"value":"',
        '"value":"x","a":"b",',
        'a value="x" ',
        '<a api_key="abcde" ',
        "<a b='c' api_key=\"abcde' ",
    ):
        redact(piece * 20_000)
        Redactor().text(piece * 20_000)


@pytest.mark.parametrize(
    "text",
    [
        "[REDACTED:anthropic-key]: usr_8f3aK2LmQ9xZ7bT1",
        '{"m":"[REDACTED:api_key]=q7ZxAcBd93kLmN0pRsT4"}',
    ],
)
def test_the_kind_of_a_placeholder(text: str) -> None:
    """It is no name: a text that was redacted stays as it is."""
    assert text == redact(text)


@pytest.mark.parametrize("end", ["\n", "\\n", "\\\\n"])
def test_netrc(end: str) -> None:
    """The password of a login, in lines and in a JSON string."""
    text = f"machine h{end}login x{end}password q7ZxAcBd93kLmN0pRsT4{end}"

    assert text.replace("q7ZxAcBd93kLmN0pRsT4", HIDDEN) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "env:\n  - name: SERVICE_API_KEY\n    value: {}\n",
        '{{"m":"env:\\n  - name: SERVICE_API_KEY\\n    value: {}\\n"}}',
        "- name: DB_PASSWORD\r\n  value: '{}'",
        "**API Key:** `{}`",
        "**Password**: {}",
    ],
)
def test_documents_of_people(text: str) -> None:
    """An entry of YAML whose value is on the next line, and bold names of Markdown; without such a name nothing goes."""
    value = "q7ZxAcBd93kLmN0pRsT4"
    harmless = (
        text.replace("KEY", "MODE").replace("API Key", "Mode").replace("PASSWORD", "HOST").replace("Password", "Host")
    )

    assert re.fullmatch(re.escape(text.format("@")).replace("@", r"\[REDACTED:[a-z_]+\]"), redact(text.format(value)))
    assert harmless.format(value) == redact(harmless.format(value))


def test_a_value_below_something_else() -> None:
    """What is on the line below a name counts only where that is a value of `name:`."""
    text = "the key\n  value: q7ZxAcBd93kLmN0pRsT4"

    assert text == redact(text)


def test_a_list_of_very_many() -> None:
    """Of a list of YAML as many are looked at as of one of JSON."""
    assert 1000 == redact(f"api_keys:\n{f'  - {N}\n' * 1001}").count("[REDACTED:api_keys]")
