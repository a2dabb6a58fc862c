"""A key where there is none: SDKs refuse to start without one, and a replay needs none.

Knows which variable the SDKs of which host read, and how its keys look; the stand-ins are told from real ones by their
zeros, so that nobody takes them for a credential. Pure. Only for programs that are replayed: nothing of it is to be sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws|api\.aws)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVariables:
    """One row."""

    hosts: tuple[str, ...]
    """A `*` stands for anything."""
    values: Mapping[str, str]
    """By variable. `{region}` is the host's; where it has none, the variable is left out."""
    unless: tuple[str, ...] = ()
    """Other variables that the SDK takes a credential from: with one of them nothing is missing."""


def _row(host: str, variable: str, head: str, zeros: int, unless: str = "") -> KeyVariables:
    return KeyVariables(hosts=tuple(host.split()), values={variable: head + "0" * zeros}, unless=tuple(unless.split()))


_AWS = ("bedrock*.amazonaws.com", "bedrock*.amazonaws.com.cn")
TABLE = (
    _row("api.openai.com", "OPENAI_API_KEY", "sk-", 48),
    _row("*.openai.azure.com *.cognitiveservices.azure.com", "AZURE_OPENAI_API_KEY", "", 32, "AZURE_OPENAI_AD_TOKEN"),
    _row("api.anthropic.com", "ANTHROPIC_API_KEY", "sk-ant-api03-", 95, "ANTHROPIC_AUTH_TOKEN"),
    _row("generativelanguage.googleapis.com", "GEMINI_API_KEY", "AIzaSy", 33, "GOOGLE_API_KEY"),
    KeyVariables(
        hosts=_AWS,
        values={"AWS_ACCESS_KEY_ID": "AKIA" + "0" * 16, "AWS_SECRET_ACCESS_KEY": "0" * 40},
        unless=("AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ),
    KeyVariables(
        hosts=_AWS, values={"AWS_REGION": "{region}", "AWS_DEFAULT_REGION": "{region}"}, unless=("AWS_PROFILE",)
    ),
    _row("api.mistral.ai codestral.mistral.ai", "MISTRAL_API_KEY", "", 32),
    _row("api.cohere.com api.cohere.ai", "CO_API_KEY", "", 40, "COHERE_API_KEY"),
    _row("api.groq.com", "GROQ_API_KEY", "gsk_", 52),
    _row("api.x.ai", "XAI_API_KEY", "xai-", 80),
    _row("api.deepseek.com", "DEEPSEEK_API_KEY", "sk-", 32),
    _row("openrouter.ai", "OPENROUTER_API_KEY", "sk-or-v1-", 64),
    _row("api.together.xyz api.together.ai", "TOGETHER_API_KEY", "", 64),
    _row("api.fireworks.ai", "FIREWORKS_API_KEY", "fw_", 24),
    _row("api.perplexity.ai", "PERPLEXITY_API_KEY", "pplx-", 48, "PPLX_API_KEY"),
    _row("api.cerebras.ai", "CEREBRAS_API_KEY", "csk-", 48),
    _row("api.sambanova.ai", "SAMBANOVA_API_KEY", "", 36),
    _row(
        "router.huggingface.co api-inference.huggingface.co *.endpoints.huggingface.cloud",
        "HF_TOKEN",
        "hf_",
        34,
        "HUGGING_FACE_HUB_TOKEN",
    ),
    _row("api.replicate.com", "REPLICATE_API_TOKEN", "r8_", 37),
    _row("api.deepinfra.com", "DEEPINFRA_API_KEY", "", 32, "DEEPINFRA_API_TOKEN DEEPINFRA_TOKEN"),
    _row("integrate.api.nvidia.com", "NVIDIA_API_KEY", "nvapi-", 64),
    _row("models.github.ai", "GITHUB_TOKEN", "ghp_", 36, "GITHUB_API_KEY"),
    _row("api.ai21.com", "AI21_API_KEY", "", 32),
    _row("api.voyageai.com", "VOYAGE_API_KEY", "pa-", 43),
    _row("api.jina.ai", "JINA_API_KEY", "jina_", 60),
    _row("api.moonshot.ai api.moonshot.cn", "MOONSHOT_API_KEY", "sk-", 48),
    _row("api.z.ai open.bigmodel.cn", "ZAI_API_KEY", "", 32, "ZHIPUAI_API_KEY"),
    _row("dashscope.aliyuncs.com dashscope-intl.aliyuncs.com", "DASHSCOPE_API_KEY", "sk-", 32),
    _row("api.minimax.io api.minimaxi.com", "MINIMAX_API_KEY", "", 64),
    _row("ollama.com", "OLLAMA_API_KEY", "", 57),
)


def stand_in_keys(hosts: Iterable[str], ambient: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables to set so that the SDKs of these hosts start; none that has a value in `ambient`."""
    found: dict[str, str] = {}
    for host in sorted(each.lower() for each in hosts):
        for row in TABLE:
            is_its = any(fnmatchcase(host, pattern) for pattern in row.hosts)
            if is_its and not any(ambient.get(name) for name in (*row.values, *row.unless)):
                found = {**dict(_filled(row, host)), **found}
    return found


def _filled(row: KeyVariables, host: str) -> Iterator[tuple[str, str]]:
    region = _REGION.search(f"{host}.")
    for name, value in row.values.items():
        if "{region}" not in value:
            yield name, value
        elif region:
            yield name, region[1]
