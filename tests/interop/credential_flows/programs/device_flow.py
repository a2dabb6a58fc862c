"""msal's device flow: it polls until somebody has signed in, reads the id_token, and refreshes what it got."""

import os

import msal
import requests

SCOPES = ["https://cognitiveservices.azure.com/.default"]

app = msal.PublicClientApplication(
    os.environ["FLOW_CLIENT"],
    authority=f"https://login.microsoftonline.com/{os.environ['FLOW_TENANT']}",
    instance_discovery=False,
)
result = app.acquire_token_by_device_flow(app.initiate_device_flow(scopes=SCOPES))
claims = result["id_token_claims"]
print(sorted(result), claims["iss"], claims["aud"])
(account,) = app.get_accounts()
refreshed = app.acquire_token_silent(SCOPES, account, force_refresh=True)
for token in (result["access_token"], refreshed["access_token"]):
    headers = {"Authorization": f"Bearer {token}"}
    print(requests.get("https://flow.openai.azure.com/openai/models", headers=headers, timeout=60).text)
