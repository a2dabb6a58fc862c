"""Asks OpenAI each prompt on the command line and prints each answer: its status, and the text or what is wrong.

`--base` asks the server that OPENAI_BASE_URL names, `--header NAME=VALUE` sends one more.
"""

import argparse
import json
import os
import urllib.error
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("prompts", nargs="*")
parser.add_argument("--base", action="store_true")
parser.add_argument("--header", action="append", default=[])
asked = parser.parse_args()
base = os.environ["OPENAI_BASE_URL"] if asked.base else "https://api.openai.com/v1"
headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-not-a-key-0123456789abcdef"}
headers |= dict(each.split("=", 1) for each in asked.header)
for prompt in asked.prompts:
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}).encode()
    request = urllib.request.Request(f"{base}/chat/completions", data=body, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            print(response.status, json.load(response)["choices"][0]["message"]["content"], flush=True)
    except urllib.error.HTTPError as e:
        print(e.code, e.read().decode().replace("\n", " "), flush=True)
    except urllib.error.URLError as e:
        print("failed:", e.reason, flush=True)
