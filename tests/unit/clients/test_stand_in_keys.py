"""A replayed program gets the keys that it would not start without, where nobody has set them."""

import pytest

from tapehead.clients.providers import HOSTS
from tapehead.clients.stand_in_keys import TABLE, stand_in_keys
from tapehead.redact.key_formats import find_shapes
from tapehead.redact.prefilter import long_tokens

BEDROCK = "bedrock-runtime.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "variable", "head"),
    [
        ("api.openai.com", "OPENAI_API_KEY", "sk-0"),
        ("API.Anthropic.com", "ANTHROPIC_API_KEY", "sk-ant-api03-0"),
        ("generativelanguage.googleapis.com", "GEMINI_API_KEY", "AIzaSy0"),
        ("mine.openai.azure.com", "AZURE_OPENAI_API_KEY", "0"),
        ("api.groq.com", "GROQ_API_KEY", "gsk_0"),
    ],
)
def test_one_host(host: str, variable: str, head: str) -> None:
    """Its own variable, of its own form."""
    made = stand_in_keys([host], {})
    assert [variable] == [*made]
    assert made[variable].startswith(head)


def test_aws_has_a_region() -> None:
    """That of the recorded host, under both names; where a host has none, there is none."""
    made = stand_in_keys([BEDROCK], {})
    assert ("eu-west-1", "eu-west-1") == (made["AWS_REGION"], made["AWS_DEFAULT_REGION"])
    assert ("AKIA0000000000000000", 40) == (made["AWS_ACCESS_KEY_ID"], len(made["AWS_SECRET_ACCESS_KEY"]))
    assert "AWS_REGION" not in stand_in_keys(["bedrock.amazonaws.com"], {})


def test_the_first_of_several_regions() -> None:
    """In the order of the hosts' names: the same in each run."""
    hosts = [BEDROCK, "bedrock-runtime.us-gov-west-1.amazonaws.com"]
    for order in (hosts, hosts[::-1]):
        assert "eu-west-1" == stand_in_keys(order, {})["AWS_REGION"]


@pytest.mark.parametrize(
    ("host", "ambient"),
    [
        ("api.openai.com", {"OPENAI_API_KEY": "mine"}),
        ("generativelanguage.googleapis.com", {"GOOGLE_API_KEY": "mine"}),
        ("api.anthropic.com", {"ANTHROPIC_AUTH_TOKEN": "mine"}),
        (BEDROCK, {"AWS_PROFILE": "mine"}),
        ("api.example", {}),
    ],
)
def test_what_is_there_stays(host: str, ambient: dict[str, str]) -> None:
    """Any of an SDK's own ways to a key is enough; a host that nobody knows has none."""
    assert {} == stand_in_keys([host], ambient)


def test_a_part_of_a_row_is_the_user_s() -> None:
    """A user with a region gets no other one, and keys all the same; an empty variable counts as none."""
    made = stand_in_keys([BEDROCK], {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": ""})
    assert ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] == [*made]


def test_nobody_takes_them_for_credentials() -> None:
    """The redaction knows them for what they are: they may be recorded, and change no placeholder."""
    for value in (value for row in TABLE for value in row.values.values()):
        data = f"key: {value}".encode()
        assert [] == [edit for edits in find_shapes(data, long_tokens(data)) for edit in edits], value


def test_every_provider_has_a_key() -> None:
    """But Google's Vertex, which takes a file, and clients that log in."""
    patterns = {pattern for row in TABLE for pattern in row.hosts}
    without = {host for host in HOSTS if not stand_in_keys([host.replace("*", "x")], {}) and host not in patterns}
    assert {
        "chatgpt.com",
        "*.api.openai.com",
        "*.services.ai.azure.com",
        "*.inference.ai.azure.com",
        "aiplatform.googleapis.com",
        "*-aiplatform.googleapis.com",
        "api.githubcopilot.com",
    } == without
