"""What `tapehead --help` says of each command, and examples of it: tables, so that nothing is imported for them."""

from collections.abc import Mapping
from types import MappingProxyType

SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "record": "Run a command and record it anew.",
        "replay": "Run a command and answer it from the cassette, offline.",
        "auto": "Record a cassette that is not there, replay one that is.",
        "mcp": "Record or replay an MCP server that speaks by standard input.",
        "env": "Print the environment for a proxy that runs elsewhere.",
        "addon": "Print the path of a script for mitmdump.",
        "ca": "Say where the proxy's authority is, and how to trust it.",
        "options": "List the options of a run, their values, and where from.",
        "doctor": "Say what would not be recorded here, and what to do.",
        "show": "Show a cassette as a table, or one exchange to read.",
        "check": "Say what is wrong with cassettes.",
        "recover": "Move aside what a crash tore off.",
        "restore": "Bring back the recording before.",
        "upgrade": "Bring what an earlier version wrote up to date.",
        "completion": "Print what completes words in bash, zsh or fish.",
        "version": "Say which version this is, and of what it is made.",
        "help": "Print a guide, or list them.",
    }
)
"""One line each, that fits a terminal of 80 columns."""

EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "record": (
            "tapehead record -- python chat.py",
            "tapehead record --cassette cassettes/chat.yaml --max-requests 20 -- npm test",
        ),
        "replay": (
            "tapehead replay -- python chat.py",
            "tapehead replay --speed 1 --cassette cassettes/chat.yaml -- python chat.py",
        ),
        "auto": (
            "tapehead auto -- python chat.py",
            "tapehead auto --new-episodes -- python chat.py",
            "tapehead auto --cassette-dir cassettes -- go test ./...",
        ),
        "mcp": ("tapehead mcp --cassette cassettes/files.yaml -- python server.py",),
        "env": ('eval "$(tapehead env --proxy http://127.0.0.1:8080)"', "tapehead env --json"),
        "addon": ('mitmdump -s "$(tapehead addon record)"',),
        "ca": ("tapehead ca path",),
        "options": ("tapehead options", "TAPEHEAD_SPEED=1 tapehead options"),
        "doctor": ("tapehead doctor", "tapehead doctor -- python chat.py"),
        "show": ("tapehead show cassettes/recorded.yaml", "tapehead show cassettes/recorded.yaml 0"),
        "check": ("tapehead check cassettes/recorded.yaml",),
        "recover": ("tapehead recover cassettes/recorded.yaml",),
        "restore": ("tapehead restore cassettes/recorded.yaml",),
        "upgrade": ("tapehead upgrade cassettes/recorded.yaml", "tapehead upgrade --write cassettes/recorded.yaml"),
        "completion": ('eval "$(tapehead completion bash)"', "tapehead completion fish | source"),
        "version": ("tapehead version",),
        "help": ("tapehead help", "tapehead help redaction", "tapehead help record"),
    }
)


def epilog(name: str) -> str | None:
    r"""Returns what `--help` of a command ends with; `\b` keeps click from filling its lines."""
    lines = EXAMPLES.get(name)
    return "\b\nExamples:\n" + "\n".join(f"  {each}" for each in lines) if lines else None
