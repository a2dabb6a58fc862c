import http.client
import json
import os
import sys

call = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Say hi in Portuguese"}],
    "stream": sys.argv[1] == "stream",
}
headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "Content-Type": "application/json"}
connection = http.client.HTTPSConnection("api.openai.com", timeout=60)
connection.request("POST", "/v1/chat/completions", json.dumps(call), headers)
response = connection.getresponse()
if response.status != 200:
    sys.exit(f"status {response.status}: {response.read()!r}")
for line in response:
    print(line.decode(), end="")
