import pytest

from tapehead.redact.named_values import is_credential
from tapehead.redact.names import CredentialName, Proof, Where

RANDOM, UUID = "q7Zx9dcba98HkLm21ZYXwvuts", "123e4567-e89b-12d3-a456-426614174000"
VALUES = {
    "word": "dragon",
    "mixed": "hunter2",
    "made": "Tr0ub4dor&3",
    "short": "q7Zx9dcbLm4T",
    "random": RANDOM,
    "id": UUID,
    "label": "Password",
}
NOT_LABELS = [each for each in VALUES if each != "label"]


@pytest.mark.parametrize(
    ("proof", "where", "whole", "expected"),
    [
        (Proof.ANY, Where.FIELD, True, [*VALUES]),
        (Proof.NAME, Where.HEADER, True, [*VALUES]),
        (Proof.NAME, Where.FIELD, True, NOT_LABELS),
        (Proof.NAME, Where.FIELD, False, NOT_LABELS[1:]),
        (Proof.NAME, Where.PAIR, False, NOT_LABELS),
        (Proof.NAME, Where.TEXT, True, ["short", "random", "id"]),
        (Proof.PASSWORD, Where.TEXT, True, ["made", "short", "random", "id"]),
        (Proof.MIXED, Where.FIELD, True, NOT_LABELS[1:]),
        (Proof.MIXED, Where.TEXT, True, ["random"]),
        (Proof.RANDOM, Where.FIELD, True, ["random", "id"]),
        (Proof.RANDOM, Where.PAIR, True, ["short", "random", "id"]),
        (Proof.RANDOM, Where.TEXT, True, ["random", "id"]),
        (Proof.RANDOM_NOT_ID, Where.FIELD, True, ["random"]),
        (Proof.RANDOM_NOT_ID, Where.PAIR, True, ["short", "random", "id"]),
        (Proof.RANDOM_NOT_ID, Where.TEXT, True, ["random"]),
        (Proof.RANDOM_ALONE, Where.FIELD, True, ["random"]),
        (Proof.RANDOM_ALONE, Where.FIELD, False, []),
    ],
)
def test_proofs(proof: Proof, where: Where, whole: bool, expected: list[str]) -> None:
    """Each proof takes the values that it says, in a text only what looks like nothing that code has."""
    row = CredentialName(words=("x",), proof=proof)
    found = [name for name, value in VALUES.items() if is_credential(row, "x", value, where, whole=whole)]

    assert expected == found


def test_ids_of_variables() -> None:
    """Under the name of an environment variable a UUID may be a key."""
    row = CredentialName(words=("key",), proof=Proof.RANDOM_NOT_ID)
    for where in (Where.FIELD, Where.TEXT):
        assert is_credential(row, "SERVICE_KEY", UUID, where, whole=False)


def test_oauth() -> None:
    """In an OAuth exchange a code is one, as short as it is: in its parameters anything, in a field what is no word."""
    row = CredentialName(words=("code",), proof=Proof.RANDOM_ALONE, oauth=True)

    def found(where: Where) -> list[str]:
        return [n for n, value in VALUES.items() if is_credential(row, "code", value, where, whole=True, oauth=True)]

    assert NOT_LABELS == found(Where.PAIR)
    assert NOT_LABELS[1:] == found(Where.FIELD)


def test_what_is_redacted_already() -> None:
    """A placeholder is none, and neither is nothing."""
    row = CredentialName(words=("x",), proof=Proof.ANY)
    for value in ("[REDACTED:x]", "", " "):
        assert not is_credential(row, "x", value, Where.FIELD, whole=True)
