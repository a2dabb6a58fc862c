import json
import sys

import boto3

client = boto3.client("bedrock-runtime")
call = {
    "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
    "messages": [{"role": "user", "content": [{"text": "Say hi in Portuguese"}]}],
}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.converse(**call)["output"]["message"]["content"][0]["text"]}))
else:
    events = client.converse_stream(**call)["stream"]
    chunks = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
