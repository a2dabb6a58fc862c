"""OpenAI's and LiteLLM's users' way to a LiteLLM proxy: whole answers and streams, of chat, responses and messages."""

import sys

import httpx
import openai

url = sys.argv[1]
client = openai.OpenAI(base_url=f"{url}/v1", api_key="dummy-not-a-key")
asked = {"model": "small", "messages": [{"role": "user", "content": "Olá!"}]}
print(client.chat.completions.create(**asked).to_json(indent=None))
for chunk in client.chat.completions.create(**asked, stream=True):
    print(chunk.to_json(indent=None))
for event in client.responses.create(model="small", input="Olá!", stream=True):
    print(event.to_json(indent=None))
for event in client.responses.create(model="bridged", input="Olá!", stream=True):
    print(event.to_json(indent=None))
body = {**asked, "max_tokens": 64, "stream": True}
with httpx.Client() as plain, plain.stream("POST", f"{url}/v1/messages", json=body, timeout=30) as response:
    for line in response.iter_lines():
        print(line)
        if "message_stop" in line and line.startswith("data:"):
            break
