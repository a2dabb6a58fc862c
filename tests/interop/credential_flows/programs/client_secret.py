"""azure-identity with a client's secret, and a call with the token that it got."""

import os

import requests
from azure.identity import ClientSecretCredential

credential = ClientSecretCredential(
    os.environ["FLOW_TENANT"],
    os.environ["FLOW_CLIENT"],
    os.environ["AZURE_CLIENT_SECRET"],
    disable_instance_discovery=True,
)
token = credential.get_token("https://cognitiveservices.azure.com/.default").token
headers = {"Authorization": f"Bearer {token}"}
print(requests.get("https://flow.openai.azure.com/openai/models", headers=headers, timeout=60).text)
