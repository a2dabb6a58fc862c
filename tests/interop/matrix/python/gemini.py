import json
import sys

from google import genai

client = genai.Client()
call = {"model": "gemini-2.5-flash", "contents": "Say hi in Portuguese"}
if sys.argv[1] == "plain":
    print(json.dumps({"text": client.models.generate_content(**call).text}))
else:
    chunks = [event.text for event in client.models.generate_content_stream(**call)]
    print(json.dumps({"text": "".join(chunks), "chunks": chunks}))
