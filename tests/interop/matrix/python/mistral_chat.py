import json
import os
import sys

from mistralai.client import Mistral

client = Mistral(api_key=os.environ["MISTRAL_API_KEY"])
call = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "Say hi in Portuguese"}]}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.chat.complete(**call).choices[0].message.content}))
else:
    chunks = [event.data.choices[0].delta.content or "" for event in client.chat.stream(**call)]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
