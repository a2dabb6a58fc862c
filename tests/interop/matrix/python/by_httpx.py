import os
import sys

import httpx

call = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Say hi in Portuguese"}],
    "stream": sys.argv[1] == "stream",
}
headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
with httpx.stream("POST", "https://api.openai.com/v1/chat/completions", headers=headers, json=call) as response:
    response.raise_for_status()
    for line in response.iter_lines():
        print(line)
