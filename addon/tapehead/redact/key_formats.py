"""Credentials by their shape: what a provider's keys begin with, and how long they are at least.

A literal that each of a shape holds is looked for first, at memory speed; the pattern only where it stands. Minimum
lengths, never exact ones: keys grow. Every pattern is linear: what may be long is possessive, and a pattern that can
fail after something long does not begin inside of such a thing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tapehead.redact.edits import Edit
from tapehead.redact.placeholder import placeholder

# A key begins where a word does; a word may also begin behind an escape of JSON (\n, \u000a) or of a URL (%3D).
_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_END = r"(?![A-Za-z0-9])"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFormat:
    """One kind of credential."""

    kind: str
    literal: bytes
    """What each of them holds."""
    pattern: re.Pattern[bytes]


def _shape(kind: str, literal: str, rest: str, *, begin: str = _BEGIN) -> KeyFormat:
    """A shape that begins with its literal."""
    return KeyFormat(
        kind=kind, literal=literal.encode(), pattern=re.compile(f"{begin}{re.escape(literal)}{rest}".encode())
    )


_KEY = "[A-Za-z0-9_-]"
_WORD = "[A-Za-z0-9]"
_JWT_BEGIN = r"(?:(?<![A-Za-z0-9_.-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"

SHAPES: tuple[KeyFormat, ...] = (
    _shape("anthropic-key", "sk-ant-", f"{_KEY}{{16,}}+"),
    _shape("openrouter-key", "sk-or-", f"{_KEY}{{16,}}+"),
    _shape("openai-key", "sk-proj-", f"{_KEY}{{16,}}+"),
    _shape("openai-key", "sk-svcacct-", f"{_KEY}{{16,}}+"),
    _shape("openai-key", "sk-admin-", f"{_KEY}{{16,}}+"),
    _shape("openai-key", "sk-service-", f"{_KEY}{{16,}}+"),
    _shape("langfuse-key", "sk-lf-", f"{_KEY}{{16,}}+"),
    _shape("langfuse-key", "pk-lf-", f"{_KEY}{{16,}}+"),
    _shape("openai-key", "sk-", f"{_WORD}{{20,}}+"),  # OpenAI's first, and many that speak like it
    _shape("openai-key", "ek_", f"{_WORD}{{20,}}+"),  # of a realtime session
    _shape("google-key", "AIza", f"{_KEY}{{30,}}+"),
    _shape("google-token", "ya29.", f"{_KEY}{{16,}}+"),
    _shape("aws-key", "AKIA", f"[A-Z2-7]{{16}}{_END}"),
    _shape("aws-key", "ASIA", f"[A-Z2-7]{{16}}{_END}"),
    _shape("aws-key", "ABIA", f"[A-Z2-7]{{16}}{_END}"),
    _shape("aws-key", "ACCA", f"[A-Z2-7]{{16}}{_END}"),
    _shape("bedrock-key", "ABSK", "[A-Za-z0-9+/]{40,}+=*"),
    _shape("bedrock-key", "bedrock-api-key-", "[A-Za-z0-9+/_-]{16,}+=*"),
    _shape("groq-key", "gsk_", f"{_WORD}{{20,}}+"),
    _shape("xai-key", "xai-", f"{_WORD}{{20,}}+"),
    _shape("huggingface-key", "hf_", f"{_WORD}{{20,}}+"),
    _shape("huggingface-key", "api_org_", f"{_WORD}{{20,}}+"),
    _shape("perplexity-key", "pplx-", f"{_WORD}{{20,}}+"),
    _shape("replicate-key", "r8_", f"{_WORD}{{20,}}+"),
    _shape("nvidia-key", "nvapi-", f"{_KEY}{{20,}}+"),
    _shape("fireworks-key", "fw_", f"{_WORD}{{20,}}+"),
    _shape("together-key", "tgp_v1_", f"{_KEY}{{20,}}+"),
    _shape("cerebras-key", "csk-", f"{_WORD}{{20,}}+"),
    _shape("langsmith-key", "lsv2_", f"{_KEY}{{20,}}+"),
    _shape("github-token", "ghp_", f"{_WORD}{{20,}}+"),
    _shape("github-token", "gho_", f"{_WORD}{{20,}}+"),
    _shape("github-token", "ghu_", f"{_WORD}{{20,}}+"),
    _shape("github-token", "ghs_", f"{_WORD}{{20,}}+"),
    _shape("github-token", "ghr_", f"{_WORD}{{20,}}+"),
    _shape("github-token", "github_pat_", "[A-Za-z0-9_]{20,}+"),
    _shape("gitlab-token", "glpat-", f"{_KEY}{{16,}}+"),
    _shape("slack-token", "xapp-", f"{_KEY}{{16,}}+"),
    KeyFormat(kind="slack-token", literal=b"xox", pattern=re.compile(f"{_BEGIN}xox[abeoprs]-{_KEY}{{10,}}+".encode())),
    _shape("stripe-key", "sk_live_", f"{_WORD}{{16,}}+"),
    _shape("jwt", "eyJ", rf"{_KEY}{{8,}}+\.eyJ{_KEY}{{8,}}+\.{_KEY}{{8,}}+", begin=_JWT_BEGIN),
)

_PEM = "private-key"
KINDS = frozenset({_PEM, *(shape.kind for shape in SHAPES)})

_PEM_BEGIN = re.compile(rb"-----BEGIN(?:[ +]|%20)(?:[A-Z0-9]{1,12}(?:[ +]|%20)){0,3}PRIVATE(?:[ +]|%20)KEY-----")
# Lines of base64 and the headers before them, but no quote, no blank line and no word of a text.
_PEM_REST = re.compile(
    rb"(?:(?!-----END)(?:[A-Za-z0-9+/=:,-]|(?<=:)[ +]|\r?\n(?!\r?\n)|(?:\\+[nr])+|%[0-9A-Fa-f]{2}))*+"
    rb"(?:-----END(?:[ +]|%20)(?:[A-Z0-9]{1,12}(?:[ +]|%20)){0,3}PRIVATE(?:[ +]|%20)KEY-----)?"
)


_RARE = 500  # bytes for each time that it stands there
_PEM_LITERAL = b"-----BEGIN"
_FEW = 2000  # bytes
_ANY_LITERAL = re.compile(b"|".join(sorted({re.escape(shape.literal) for shape in SHAPES})))
_LITERALS = (_PEM_LITERAL, *dict.fromkeys(shape.literal for shape in SHAPES))


def holds_literal(data: bytes) -> bool:
    """Returns whether a text may hold a credential of one of the shapes. False is certain."""
    return any(literal in data for literal in _LITERALS)


def find_shapes(data: bytes, long: Iterable[bytes], kept: frozenset[str] = frozenset()) -> list[list[Edit]]:
    """Returns an edit for each credential, in a list for each shape that there is. `kept` kinds are left alone.

    `long` are the text's long words: where none holds a shape's literal, there is no such credential.
    """
    found = []
    together = b" ".join(long)
    # For a few words one pattern is quicker than many literals, for many it is slower.
    none = len(together) < _FEW and not _ANY_LITERAL.search(together)
    for shape in () if none else SHAPES:
        if shape.literal in together and shape.kind not in kept:
            new = placeholder(shape.kind)
            found.append([Edit(*match.span(), new) for match in _matches(shape, data)])
    if _PEM_LITERAL in data and _PEM not in kept:
        found.append(list(_find_pem(data)))
    return found


def _matches(shape: KeyFormat, data: bytes) -> Iterator[re.Match[bytes]]:
    """All matches. Where the literal is rare, as in base64, at memory speed: a pattern that looks behind has no prefix."""
    if data.count(shape.literal) * _RARE > len(data):
        yield from shape.pattern.finditer(data)
        return
    at = data.find(shape.literal)
    while at >= 0:
        match = shape.pattern.match(data, at)
        if match:
            yield match
        at = data.find(shape.literal, match.end() if match else at + 1)


def _find_pem(data: bytes) -> Iterator[Edit]:
    """From the BEGIN line of a private key to its END line; where that is missing, as far as it can be the key."""
    position = 0
    while begin := _PEM_BEGIN.search(data, position):
        rest = _PEM_REST.match(data, begin.end())
        assert rest
        position = rest.end()
        yield Edit(begin.start(), position, placeholder(_PEM))
