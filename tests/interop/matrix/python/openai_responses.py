import json
import sys

import openai

client = openai.OpenAI()
call = {"model": "gpt-4o-mini", "input": "Say hi in Portuguese"}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.responses.create(**call).output_text}))
else:
    events = list(client.responses.create(**call, stream=True))
    chunks = [event.delta for event in events if event.type == "response.output_text.delta"]
    print(json.dumps({"text": events[-1].response.output_text, "chunks": chunks}))
