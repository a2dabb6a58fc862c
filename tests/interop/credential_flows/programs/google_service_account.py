"""google-auth with a service account, whose key signs an assertion that is exchanged for a token."""

import os

from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials

credentials = Credentials.from_service_account_info(
    {
        "type": "service_account",
        "private_key": os.environ["GOOGLE_PRIVATE_KEY"],
        "client_email": "flow@flow.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    },
    scopes=["https://www.googleapis.com/auth/cloud-platform"],
)
url = "https://us-central1-aiplatform.googleapis.com/v1/flow:generateContent"
print(AuthorizedSession(credentials).post(url, json={"contents": "Say hi"}, timeout=60).text)
