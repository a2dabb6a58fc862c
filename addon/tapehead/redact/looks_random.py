"""Whether a value looks like a credential: how random its letters and digits are, and whether it is plainly none.

Judges one value, without its name. A value is random when its letters do not follow each other as they do in words, or
when letters and digits change too often: `q7ZxAcBd...` is, `claude-sonnet-4-5`, `Europe/Berlin` and `conversation_id`
are not. What holds blanks, brackets or commas is text or code.
"""

import re
from functools import lru_cache
from itertools import pairwise

SHORTEST = 16
"""Characters of a value that its looks alone have to give away."""
SHORT = 12
"""Characters, where the name says nearly enough."""

_LONGEST = 1024  # characters looked at: what is random is so from its start
_RANDOM = -10
_RANDOM_ENOUGH = -6  # where the name says nearly enough
_FEWEST = 7  # different characters
_LEAST_OF_A_WORD = 3  # how much a word may speak for the whole
_RUN_THAT_ALTERNATES = -12
_MOST_CHANGES = 5  # between letter and digit within one run; of what people make llama-v3p1 has 3
_CLASSES = 3  # of lower, upper, digit, mark
_PASSWORD = 8
_MARKS = 2
_LONG_RUN = 8  # characters

_PLAIN = re.compile(r"[!#-'*+\-./0-9:<=>?@A-Z\\^_a-z~\"%&$]+")  # no blank, no bracket, no comma, no semicolon
_RUN = re.compile(r"[A-Za-z0-9]+")
_MARK = re.compile(r"[!#$%&*+<=>?@^~\"'\\]")
_TIME = re.compile(
    "[0-9]{4}-?[0-9]{2}-?[0-9]{2}T[0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)  # ISO 8601
_NUMBERED = re.compile(r"([A-Za-z]+)[0-9]{1,4}")
_STEP = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_ID = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # UUID
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID
    r"|(?:sha(?:1|256|512)[:-])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})"
)
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://.*"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:/[0-9]{1,3})?"  # of IPv6, of a network card
    r"|(?:\.{0,2}|~|[A-Za-z]:)[/\\][a-z]{3,}(?:[/\\._-].*)?"
    r"|[\w./\\-]+\.(?:py|js|ts|go|rs|json|jsonl|ya?ml|toml|txt|md|html?|css|xml|csv|pdf|png|jpe?g|gif|webp|svg|mp[34]|wav|zip|gz)"
)

# How often one letter follows another: 0 for never, 8 for the most. A row for the first, a column for the second.
# Counted over the words of the Python standard library and of this project's dependencies (names, comments, texts):
# log2 of the share that the pair has, over the share that it had if all were alike, plus 5.
_FOLLOWS = (
    "46763462615878161878544452",  # a
    "64436311531632530553510041",
    "73547327606632831657521040",
    "64358432722533531553532130",
    "75786653423768464887454742",  # e
    "53445620700522620544501030",
    "51227245500435520653511021",
    "61227101601332620435400030",
    "65766661213768762677261406",  # i
    "30013000201000310030301000",
    "41226222511313220242202020",
    "73458321813733740255531060",
    "75237211602452661153511020",  # m
    "73777583624435642378552131",
    "45663452525668660866656421",
    "72337225602622651756512150",
    "00000000000200001120510000",  # q
    "83558452805565751676543050",
    "62648336714544663378633150",
    "73548437802543750776633262",
    "55545441501667350666110201",  # u
    "61217100600111410111101000",
    "51125114501304410441000100",
    "31424202400231250125100320",
    "32323220400334350244012012",  # y
    "30005000300000200010000011",
)
_EVEN = 5
_PAIRS = {
    chr(97 + first) + chr(97 + second): int(digit) - _EVEN
    for first, row in enumerate(_FOLLOWS)
    for second, digit in enumerate(row)
}
_HUMP = -1
_LETTER_AND_DIGIT = -2


@lru_cache(4096)
def looks_random(value: str, least: int = SHORTEST) -> bool:
    """Returns whether a value of at least `least` characters looks like a credential: nobody would write it by hand."""
    if len(value) < least or not _PLAIN.fullmatch(value) or _ADDRESS.fullmatch(value) or _TIME.fullmatch(value):
        return False
    value = value[:_LONGEST]
    if len(set(value)) < _FEWEST or _counts_up(value):
        return False
    score = sum(map(_score, _RUN.findall(value))) - 2 * len(_MARK.findall(value))
    return score <= (_RANDOM if least >= SHORTEST else _RANDOM_ENOUGH)


def looks_generated(value: str) -> bool:
    """Returns whether a value looks like a credential, where its name says nearly enough.

    It is random, or has marks as passwords have them, or a long run in which letters and digits are mixed: a word, a path, a
    date, a time zone and a model's name have none, their runs are words, numbers, a word with a number (`user1007`), or short.
    """
    if looks_random(value, SHORT):
        return True
    if len(value) < SHORT or not _PLAIN.fullmatch(value) or _ADDRESS.fullmatch(value):
        return False
    if len(_MARK.findall(value)) >= _MARKS and looks_like_password(value):
        return True
    return any(len(run) >= _LONG_RUN and not _is_plain(run) for run in _RUN.findall(value))


def looks_like_password(value: str) -> bool:
    """Returns whether a value is of the kind that people make for passwords: not long, but of three kinds of characters."""
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[!-/:-@\\[-`{-~]"))
    plain = len(value) >= _PASSWORD and _PLAIN.fullmatch(value) and not _ADDRESS.fullmatch(value)
    return bool(plain) and kinds >= _CLASSES and sum(map(_score, _RUN.findall(value))) < 0


def is_mixed(value: str) -> bool:
    """Returns whether letters and digits change within it, or its letters are no word: `hunter2`, not `dragon`."""
    if not _PLAIN.fullmatch(value) or _ADDRESS.fullmatch(value):
        return False
    return _STEP.search(value) is not None or sum(map(_score, _RUN.findall(value))) <= _LETTER_AND_DIGIT


def is_id(value: str) -> bool:
    """Returns whether it is a UUID, a ULID or the digest of something, which may as well be public."""
    return _ID.fullmatch(value) is not None


def _is_plain(run: str) -> bool:
    if run.isalpha() or run.isdigit() or _TIME.fullmatch(run):
        return True
    word = _NUMBERED.fullmatch(run)
    return word is not None and len(run) < SHORT and _score(word[1]) > 0


def _counts_up(value: str) -> bool:
    """`abcdef...`, `1234567890`, `AAABBBCCC`: what stands for something, or lists an alphabet."""
    steps = sum(ord(second) - ord(first) in (0, 1) for first, second in pairwise(value))
    return 2 * steps > len(value)


def _score(run: str) -> int:
    """How much a run of letters and digits is like words: far below 0 for what is random."""
    total = 0
    for pair in map("".join, pairwise(run)):
        known = _PAIRS.get(pair)
        if known is None:
            known = _other(pair)
        total += known
    changes = len(_STEP.findall(run))
    if changes >= _MOST_CHANGES:
        total = min(total, _RUN_THAT_ALTERNATES)
    return min(total, _LEAST_OF_A_WORD)


def _other(pair: str) -> int:
    """Of a pair that is not of small letters."""
    first, second = pair[0], pair[1]
    if first.isdigit() or second.isdigit():
        return 0 if first.isdigit() and second.isdigit() else _LETTER_AND_DIGIT
    if first.islower():
        return _HUMP
    return _PAIRS[pair.lower()]
