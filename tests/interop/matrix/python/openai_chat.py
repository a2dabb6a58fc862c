import json
import sys

import openai

client = openai.OpenAI()
call = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hi in Portuguese"}]}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.chat.completions.create(**call).choices[0].message.content}))
else:
    chunks = [event.choices[0].delta.content or "" for event in client.chat.completions.create(**call, stream=True)]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
