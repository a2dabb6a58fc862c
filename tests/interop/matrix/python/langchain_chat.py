import json
import sys

from langchain_openai import ChatOpenAI

client = ChatOpenAI(model="gpt-4o-mini")
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.invoke("Say hi in Portuguese").content}))
else:
    chunks = [event.content for event in client.stream("Say hi in Portuguese")]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
