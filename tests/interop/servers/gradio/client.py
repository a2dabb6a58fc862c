"""Gradio's own client: a call, and one whose answer comes piece by piece."""

import sys

from gradio_client import Client

client = Client(sys.argv[1], verbose=False, analytics_enabled=False)
print(client.predict("Ana", api_name="/greet"))
for last in (3, 5):
    job = client.submit("Ana", last, api_name="/count")
    print(job.result(timeout=60))
    print(job.outputs())
