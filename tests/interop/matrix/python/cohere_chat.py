import json
import sys

import cohere

client = cohere.ClientV2()
call = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Say hi in Portuguese"}]}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.chat(**call).message.content[0].text}))
else:
    events = client.chat_stream(**call)
    chunks = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
