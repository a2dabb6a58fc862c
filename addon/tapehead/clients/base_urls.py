"""Which SDK reads which variable for its base URL, and where it leads when nobody sets it. One table.

The other way to a proxy: a listener that stands for one upstream. Taken from the SDKs' sources; an SDK that is not named
beside a variable is not known to read it, and a base URL in a program's code wins over all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseUrl:
    """One variable. The upstream has `{NAME}` or `{NAME:default}` where another variable stands; "" where there is no default."""

    variable: str
    upstream: str
    read_by: str


TABLE = (
    BaseUrl(
        variable="OPENAI_BASE_URL",
        upstream="https://api.openai.com/v1",
        read_by="openai (Python, Node, Go, Java), langchain-openai, litellm",
    ),
    BaseUrl(
        variable="OPENAI_API_BASE",
        upstream="https://api.openai.com/v1",
        read_by="langchain-openai, litellm; before OPENAI_BASE_URL",
    ),
    BaseUrl(
        variable="AZURE_OPENAI_ENDPOINT",
        upstream="",
        read_by="openai (Azure clients of Python, Node), langchain-openai",
    ),
    BaseUrl(
        variable="ANTHROPIC_BASE_URL",
        upstream="https://api.anthropic.com",
        read_by="anthropic (Python, Node, Go, Java), langchain-anthropic, Claude Code",
    ),
    BaseUrl(
        variable="ANTHROPIC_BEDROCK_BASE_URL",
        upstream="https://bedrock-runtime.{AWS_REGION:us-east-1}.amazonaws.com",
        read_by="anthropic's Bedrock clients (Python, Node)",
    ),
    BaseUrl(
        variable="ANTHROPIC_VERTEX_BASE_URL",
        upstream="https://{CLOUD_ML_REGION:us-east5}-aiplatform.googleapis.com/v1",
        read_by="anthropic's Vertex clients (Python, Node)",
    ),
    BaseUrl(
        variable="GOOGLE_GEMINI_BASE_URL",
        upstream="https://generativelanguage.googleapis.com",
        read_by="google-genai (Python, Node, Go), Gemini CLI",
    ),
    BaseUrl(
        variable="GOOGLE_VERTEX_BASE_URL",
        upstream="https://{GOOGLE_CLOUD_LOCATION:us-central1}-aiplatform.googleapis.com",
        read_by="google-genai with Vertex (Python, Node, Go)",
    ),
    BaseUrl(
        variable="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        upstream="https://bedrock-runtime.{AWS_REGION:us-east-1}.amazonaws.com",
        read_by="boto3, AWS SDKs for JavaScript, Go and Java, the AWS command",
    ),
    BaseUrl(variable="GROQ_BASE_URL", upstream="https://api.groq.com", read_by="groq (Python, Node)"),
    BaseUrl(variable="CO_API_URL", upstream="https://api.cohere.com", read_by="cohere (Python)"),
    BaseUrl(
        variable="CEREBRAS_BASE_URL", upstream="https://api.cerebras.ai", read_by="cerebras-cloud-sdk (Python, Node)"
    ),
    BaseUrl(variable="TOGETHER_BASE_URL", upstream="https://api.together.ai/v1", read_by="together (Python, Node)"),
    BaseUrl(
        variable="OLLAMA_HOST",
        upstream="http://127.0.0.1:11434",
        read_by="ollama (Python) and the ollama command; not the package for Node",
    ),
)

NONE = ("mistralai", "ai (Vercel) with other providers than OpenAI's", "ollama for Node")
"""SDKs that read no variable: the base URL has to be given in the program, or the proxy used."""


def upstream(variable: str, ambient: Mapping[str, str]) -> str:
    """Returns where a variable's SDKs go today: to its value in `ambient`, else to the default.

    Raises ValueError for a variable that is not in the table, and for one that has no default and is not set.
    """
    for row in TABLE:
        if row.variable == variable:
            if found := ambient.get(variable) or _filled(row.upstream, ambient):
                return found
            raise ValueError(f"{variable}: has no default, expected NAME=URL")
    raise ValueError(
        f"{variable}: no SDK known to read it, expected NAME=URL or one of {', '.join(r.variable for r in TABLE)}"
    )


def _filled(template: str, ambient: Mapping[str, str]) -> str:
    before, brace, rest = template.partition("{")
    if not brace:
        return template
    inner, _, after = rest.partition("}")
    name, _, default = inner.partition(":")
    return before + (ambient.get(name) or default) + after
