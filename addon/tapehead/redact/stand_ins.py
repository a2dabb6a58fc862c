"""What stands in for a credential, or is none whatever its name: templates, masks, examples, labels, states, sentences.

Judges one value, without its name, whose format is not known; of keys that have a format `dummy_keys` knows more.
"""

import re
from functools import lru_cache

from tapehead.redact.dummy_keys import EXAMPLES
from tapehead.redact.looks_random import SHORT, looks_random
from tapehead.redact.names import words_of
from tapehead.redact.placeholder import is_placeholder

_LOOKED_AT = 256  # characters of a long value
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|digest|negotiate|apikey|key)[ +]+(?=\S)")
_MASK = re.compile(r"[*•.x×X#_\-]{3,}|.*(?:\*{4}|\.{3}|…|•{3}).*", re.DOTALL)
_CROSSES = re.compile("x{4,}|X{4,}")
# ${NAME}, $NAME, {name}, {{ name }}, <name>, %NAME%, %(name)s, [name], #{name}, @Name@: to be filled in.
_TEMPLATE = re.compile(
    r"\$?[#@]?\{[^{}]*\}\}?|\$?\{\{[^{}]*\}\}|\$\([^()]*\)|\$[A-Za-z_][A-Za-z0-9_.:]*|<[^<>]*>"
    r"|%[A-Za-z_]+%|%\([A-Za-z_]+\)s|%[sdr]|\[[^\[\]]*\]|@[A-Za-z_]+@|.*(?:\$\{|\{\{|<your).*",
    re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z_.\-]*")
_LETTERS = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[A-Za-z0-9]+")
_SHORT_PART = 6


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Types, states and what stands for nothing, as values of a field. Compared in lower case.
_EMPTY = _words(
    "none null nil undefined unset empty n/a na true false yes no on off string str text object number integer boolean "
    "required optional invalid missing hidden masked redacted filtered removed omitted default anonymous "
    "bearer basic digest oauth oauth2 token key apikey api_key jwt "
    "approved pending denied granted allowed forbidden authorized unauthorized success failed expired revoked active"
)
# The word "password" itself, on a form: languages of the web by their share of pages.
_LABELS = _words(
    "password passwords passwort kennwort contraseña contrasena senha mot_de_passe wachtwoord parola hasło haslo heslo "
    "lösenord losenord adgangskode passord salasana jelszó jelszo lozinka geslo şifre sifre parool slaptažodis parole "
    "palavra-passe"
)
# Of words between dashes: that it is to be replaced, or for show.
_EXAMPLES = _words(
    "your my example examples placeholder dummy fake mock sample demo changeme change replace insert enter here "
    "needed required todo fixme redacted invalid wrong notreal xxx xxxx"
)
# Of a validation, a column of a table, a signature: what is said of a value.
_RULES = re.compile(r"(?=.*[|(])[a-z_]+(?::[\w,.]+|\(\d+\))?(?:[| ][a-z_]+(?::[\w,.]+|\(\d+\))?)*", re.IGNORECASE)
_ALGORITHM = re.compile(
    r"(?:hmac|rsa|ecdsa|dsa|pkcs1|rsassa)?[_-]?(?:pss|pkcs1[_-]v1_5)?[_-]?(?:sha|md|hs|rs|es|ps)-?(?:1|2|3|5|224|256|384|512)"
    r"(?:[_-]?(?:with[_-]?)?(?:rsa|ecdsa|dsa|hmac|mgf1|encryption))*",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"0+|1?2?3?4?5?6?7?8?9?0?")
# As vendors print them, besides the keys of `dummy_keys`: AWS (AKIAIOSFODNN7EXAMPLE, ...EXAMPLEKEY), jwt.io, RFCs 6455, 7519
# and 7617.
_DOCUMENTED = re.compile(
    r"[A-Za-z0-9+/=_.-]*EXAMPLE[A-Za-z0-9+/=_-]*|eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\.eyJzdWIiOiIxMjM0NTY3ODkwIi.*"
    r"|eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\..*|QWxhZGRpbjpvcGVuIHNlc2FtZQ=*|258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)
# Only its first line, as code has it, or a template of one.
_PEM_LINE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:\\+[nr]|\s)*(?:[<.…].*)?", re.DOTALL)
# Words of sentences about a password, in the languages of most pages.
_OF_SENTENCES = _words(
    "a an the your you is are be must should may can and or not no to of for in at with do does have has please enter "
    "le la les votre est doit de du des un une el su es debe tu il la tuo uno ist muss das der die ein ihr bitte "
    "het je een is moet o a os sua deve ser"
)


@lru_cache(4096)
def stands_in(value: str) -> bool:
    """Returns whether a value stands in for a credential: a template, a mask, an example, a line of a key without the key."""
    if value.encode(errors="surrogatepass") in EXAMPLES:
        return True
    value = value[:_LOOKED_AT]
    if _MASK.fullmatch(value) or _TEMPLATE.fullmatch(value) or _DOCUMENTED.fullmatch(value):
        return True
    if _PEM_LINE.fullmatch(value) or _is_crossed_out(value):
        return True
    parts = [part.lower() for part in _PART.findall(value)]
    return not _EXAMPLES.isdisjoint(parts) and all(_is_simple(part) for part in parts)


def _is_crossed_out(value: str) -> bool:
    """`sk-xxxxxxxx`. Of what is random crosses may be a part by chance."""
    parts = _CROSSES.split(value)
    return len(parts) > 1 and not any(looks_random(part, SHORT) for part in parts)


def _is_simple(part: str) -> bool:
    if part.isalpha():
        return not looks_random(part, SHORT)
    return len(part) <= _SHORT_PART or _NUMBERS.fullmatch(part) is not None


@lru_cache(4096)
def is_harmless(value: str) -> bool:
    """Returns whether a value is none whatever its name: what stands in for one, a label, a state, a name, an empty text."""
    value = value.strip()
    bare = _SCHEME.sub("", value, count=1)
    lower = bare.lower()
    if not bare or stands_in(bare) or is_sentence(bare) or is_placeholder(bare.encode(errors="surrogatepass")):
        return True
    if _RULES.fullmatch(bare) or _ALGORITHM.fullmatch(bare):
        return True
    return lower in _EMPTY or lower.replace(" ", "_") in _LABELS or _is_name(bare) or _is_foreign(bare)


def is_sentence(value: str) -> bool:
    """Returns whether a value is a text about a credential: `Password is required`, `Falsches Passwort`."""
    words = value[:_LOOKED_AT].split()
    if len(words) < 2 or "=" in value or "-----BEGIN" in value:
        return False
    return (words[0][0].isupper() and words[0][1:].islower()) or not _OF_SENTENCES.isdisjoint(
        word.strip(".,:;!?").lower() for word in words
    )


def _is_name(value: str) -> bool:
    """`OPENAI_API_KEY`, `user.password`: the name of one, not one."""
    if not _NAME.fullmatch(value) or len(words := words_of(value)) < 2:
        return False
    return words[-1] in ("key", "token", "secret", "password") and not looks_random(value, SHORT)


def _is_foreign(value: str) -> bool:
    """A word in another script: a label."""
    return _LETTERS.fullmatch(value) is not None and not value.isascii() and not any("a" <= c <= "z" for c in value)
