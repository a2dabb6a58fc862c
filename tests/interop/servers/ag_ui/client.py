"""What an AG-UI client does: each run in a stream of its own, which it leaves at RUN_FINISHED."""

import json
import sys

import httpx

with httpx.Client(base_url=sys.argv[1]) as client:
    for number, text in enumerate(("Olá!", "Tudo bem?", "Tchau!")):
        asked = {
            "threadId": "thread-1",
            "runId": f"run-{number}",
            "state": {},
            "messages": [{"id": f"message-{number}", "role": "user", "content": text}],
            "tools": [],
            "context": [],
            "forwardedProps": {},
        }
        headers = {"accept": "text/event-stream"}
        with client.stream("POST", "/", json=asked, headers=headers, timeout=30) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    print(json.dumps(event))
                    if event["type"] == "RUN_FINISHED":
                        break
