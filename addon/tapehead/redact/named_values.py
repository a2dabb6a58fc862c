"""Whether what stands under a credential's name is one: by the proof that the name's row asks for, and by the place."""

from tapehead.redact.looks_random import SHORT, is_id, is_mixed, looks_generated, looks_like_password, looks_random
from tapehead.redact.names import CredentialName, Proof, Where
from tapehead.redact.placeholder import is_placeholder
from tapehead.redact.stand_ins import is_harmless

_MIXED = 6  # characters


def is_credential(
    row: CredentialName, name: str, value: str, where: Where, *, whole: bool, oauth: bool = False
) -> bool:
    """Returns whether a value is a credential, given the row that its name is of.

    `whole`: the name is the row's, with nothing before it. `oauth`: it stands in an OAuth exchange.
    """
    if where is Where.HEADER or row.proof is Proof.ANY:
        return bool(value.strip()) and not is_placeholder(value.encode(errors="surrogatepass"))
    if is_harmless(value):
        return False
    proof = row.proof
    if where is Where.TEXT:
        return _shows(row, name, value)
    if proof in (Proof.NAME, Proof.PASSWORD):
        return where is Where.PAIR or whole or _counts(value)
    if row.oauth and oauth and where is Where.PAIR:
        return True
    if proof is Proof.MIXED or (row.oauth and oauth):
        return _counts(value)
    if where is Where.PAIR:
        return looks_generated(value)
    if proof is Proof.RANDOM_ALONE and not whole:
        return False
    return looks_random(value) and (proof is Proof.RANDOM or name.isupper() or not is_id(value))


def _counts(value: str) -> bool:
    return len(value) >= _MIXED and (is_mixed(value) or looks_random(value, SHORT))


def _shows(row: CredentialName, name: str, value: str) -> bool:
    """In plain text, where code has names of all kinds, the value has to be random in any case."""
    if row.proof in (Proof.NAME, Proof.PASSWORD):
        return looks_random(value, SHORT) or (row.proof is Proof.PASSWORD and looks_like_password(value))
    return looks_random(value) and (row.proof is Proof.RANDOM or name.isupper() or not is_id(value))
