"""google-auth with a user's refresh token, as `gcloud auth application-default login` leaves it."""

import os

from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

credentials = Credentials(
    None,
    refresh_token=os.environ["GOOGLE_REFRESH_TOKEN"],
    client_id="flow.apps.googleusercontent.com",
    client_secret=os.environ["GOOGLE_CLIENT_SECRET"],
    token_uri="https://oauth2.googleapis.com/token",
)
url = "https://us-central1-aiplatform.googleapis.com/v1/flow:generateContent"
print(AuthorizedSession(credentials).post(url, json={"contents": "Say hi"}, timeout=60).text)
