"""The OpenAI SDK for Node, driven from Python: `client.cjs` with what `package.json` names.

Knows the environment of the child; its packages are `tests.interop.npm`'s.
"""

import json
import os
import subprocess
from pathlib import Path

from tests.interop.keys import Answers, Credentials, Place
from tests.interop.npm import modules

HERE = Path(__file__).parent


def openai_node(place: Place, credentials: Credentials) -> Answers:
    """Chat, a stream, and the same file twice. Node 20 knows no proxy of its own: it is told in the program."""
    packages = modules(HERE / "package.json")
    done = subprocess.run(
        ["node", HERE / "client.cjs", place.origin, place.proxy, place.upload],
        env={
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(packages),
            "NODE_EXTRA_CA_CERTS": str(place.ca),
        },
        input=credentials.key,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    answers: Answers = json.loads(done.stdout)
    return answers
