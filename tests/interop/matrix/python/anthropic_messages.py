import json
import sys

import anthropic

client = anthropic.Anthropic()
call = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Say hi in Portuguese"}],
}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.messages.create(**call).content[0].text}))
else:
    with client.messages.stream(**call) as stream:
        chunks = list(stream.text_stream)
        print(json.dumps({"text": stream.get_final_text(), "chunks": chunks}))
