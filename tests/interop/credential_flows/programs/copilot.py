"""What editors do for GitHub Copilot: a token for a token, good for half an hour, and a chat with it."""

import os
import time

import httpx

with httpx.Client(timeout=60) as client:
    headers = {"authorization": f"token {os.environ['GITHUB_TOKEN']}", "editor-version": "vscode/1.104.0"}
    got = client.get("https://api.github.com/copilot_internal/v2/token", headers=headers).raise_for_status().json()
    if got["expires_at"] < time.time() + 86400 * int(os.environ["FLOW_DAYS"]):
        raise SystemExit("the token has expired")
    headers = {"authorization": f"Bearer {got['token']}", "copilot-integration-id": "vscode-chat"}
    ask = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Say hi"}]}
    print(client.post(f"{got['endpoints']['api']}/chat/completions", json=ask, headers=headers).raise_for_status().text)
