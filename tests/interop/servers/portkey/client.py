"""OpenAI's SDK in front of a Portkey gateway, which is told by a header where its provider is."""

import os
import sys

import openai

client = openai.OpenAI(
    base_url=f"{sys.argv[1]}/v1",
    api_key="dummy-not-a-key",
    default_headers={"x-portkey-provider": "openai", "x-portkey-custom-host": os.environ["PROVIDER"]},
)
asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Olá!"}]}
print(client.chat.completions.create(**asked).to_json(indent=None))
for chunk in client.chat.completions.create(**asked, stream=True):
    print(chunk.to_json(indent=None))
for event in client.responses.create(model="gpt-4o-mini", input="Olá!", stream=True):
    print(event.to_json(indent=None))
