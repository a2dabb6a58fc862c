"""Two of llama.cpp's clients: OpenAI's SDK, and one of its own API, which leaves at the event that says `stop`."""

import json
import sys

import httpx
import openai

url = sys.argv[1]
client = openai.OpenAI(base_url=f"{url}/v1", api_key="dummy-not-a-key")
asked = {"model": "random", "messages": [{"role": "user", "content": "Olá!"}], "max_tokens": 8, "seed": 1}
print(client.chat.completions.create(**asked).to_json(indent=None))
for chunk in client.chat.completions.create(**asked, stream=True):
    print(chunk.to_json(indent=None))
for event in client.responses.create(model="random", input="Olá!", max_output_tokens=16, stream=True):
    print(event.to_json(indent=None))
body = {"prompt": "hi", "n_predict": 8, "seed": 1, "stream": True}
with httpx.Client() as plain, plain.stream("POST", f"{url}/completion", json=body, timeout=30) as response:
    for line in response.iter_lines():
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            print(json.dumps(event))
            if event["stop"]:
                break
