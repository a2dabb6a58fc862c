"""Codex's command line, which tries a WebSocket first: `by_codex.py CODEX FOLDER wss://HOST:PORT/v1`. Prints what it said."""

import os
import subprocess
import sys
from pathlib import Path

program, folder, base = sys.argv[1:]
home, work = Path(folder) / "home", Path(folder) / "work"
home.mkdir(exist_ok=True)
work.mkdir(exist_ok=True)
provider = {
    "name": "lab",
    "base_url": base.replace("wss:", "https:"),
    "wire_api": "responses",
    "env_key": "LAB_KEY",
    "supports_websockets": "true",
}
settings = [
    "model=gpt-5",
    "model_provider=lab",
    *(f"model_providers.lab.{name}={value}" for name, value in provider.items()),
]
done = subprocess.run(
    [program, "exec", "--skip-git-repo-check", *(word for each in settings for word in ("-c", each)), "Run it"],
    cwd=work,
    env={**os.environ, "HOME": str(home), "CODEX_HOME": str(home), "LAB_KEY": "no-key-" * 5},
    stdin=subprocess.DEVNULL,
    capture_output=True,
    text=True,
    timeout=100,
    check=False,
)
print("exit code", done.returncode)
print(done.stdout)
if done.returncode:
    sys.exit(done.stderr)
