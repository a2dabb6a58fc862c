import os
import sys

import urllib3

response = urllib3.PoolManager().request(
    "POST",
    "https://api.openai.com/v1/chat/completions",
    headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"},
    json={
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Say hi in Portuguese"}],
        "stream": sys.argv[1] == "stream",
    },
    preload_content=False,
    retries=False,
    timeout=60,
)
if response.status != 200:
    sys.exit(f"status {response.status}: {response.read()!r}")
for piece in response.stream():
    print(piece.decode(), end="")
