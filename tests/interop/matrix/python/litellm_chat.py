import json
import sys

import litellm

call = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Say hi in Portuguese"}]}
if sys.argv[1] == "plain":
    print(json.dumps({"text": litellm.completion(**call).choices[0].message.content}))
else:
    chunks = [event.choices[0].delta.content or "" for event in litellm.completion(**call, stream=True)]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
