"""The SDKs for Python, each told where the proxy is: chat, a stream of several events, and a file where there is a call.

Each gives what its calls returned, as JSON, without what is the transport's (response headers and times).
"""

from collections.abc import Iterable
from typing import Any

import anthropic
import boto3  # type: ignore[import-untyped]  # it has no types
import openai
from botocore.config import Config  # type: ignore[import-untyped]
from google import genai
from google.genai import types

from tests.interop.keys import GEMINI_VERSION, MODEL, PROMPT, Answers, Credentials, Place

FILE = "upload.bin"
BINARY = "application/octet-stream"


def openai_python(place: Place, credentials: Credentials) -> Answers:
    """OpenAI: the key is a bearer token, the upload is multipart."""
    http = openai.DefaultHttpxClient(proxy=place.proxy, verify=place.trust(), trust_env=False)
    with openai.OpenAI(base_url=f"{place.origin}/v1", api_key=credentials.key, http_client=http) as client:
        chat = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": PROMPT}])
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        events = _dumped(stream)
        file = (FILE, place.upload.read_bytes(), BINARY)
        uploads = [client.files.create(file=file, purpose="user_data") for _ in range(2)]
    return {"chat": _dumped([chat]), "stream": events, "upload": _dumped(uploads)}


def anthropic_python(place: Place, credentials: Credentials) -> Answers:
    """Anthropic: the key is in a header of its own, the upload is multipart."""
    http = anthropic.DefaultHttpxClient(proxy=place.proxy, verify=place.trust(), trust_env=False)
    with anthropic.Anthropic(base_url=place.origin, api_key=credentials.key, http_client=http) as client:
        chat = client.messages.create(model=MODEL, max_tokens=99, messages=[{"role": "user", "content": PROMPT}])
        stream = client.messages.create(
            model=MODEL, max_tokens=99, messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        events = _dumped(stream)
        file = (FILE, place.upload.read_bytes(), BINARY)
        uploads = [client.beta.files.upload(file=file) for _ in range(2)]
    return {"chat": _dumped([chat]), "stream": events, "upload": _dumped(uploads)}


def google_header(place: Place, credentials: Credentials) -> Answers:
    """Gemini: the key is in a header of its own."""
    with _google(place, credentials.key) as client:
        return _generate(client)


def google_query(place: Place, credentials: Credentials) -> Answers:
    """Gemini: the key is in each URL as well, as in Google's own examples for curl."""

    def add(request: Any) -> None:  # `params` would do away with the query that there is
        request.url = request.url.copy_merge_params({"key": credentials.key})

    with _google(place, credentials.key, event_hooks={"request": [add]}) as client:
        return _generate(client)


def google_files(place: Place, credentials: Credentials) -> Answers:
    """Gemini: a resumable upload, that is a request for an URL and another one, of bytes, to this URL."""
    with _google(place, credentials.key) as client:
        uploads = [client.files.upload(file=place.upload, config={"mime_type": BINARY}) for _ in range(2)]
    return {"upload": _dumped(uploads)}


def bedrock(place: Place, credentials: Credentials) -> Answers:
    """Bedrock: requests are signed by SigV4, so that nothing of a key is sent but its name and the session's token."""
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=place.origin,
        verify=str(place.ca),
        aws_access_key_id=credentials.key,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
        config=Config(proxies={"https": place.proxy}, retries={"total_max_attempts": 1}),
    )
    model = "anthropic.claude-3-haiku-20240307-v1:0"
    messages = [{"role": "user", "content": [{"text": PROMPT}]}]
    chat = client.converse(modelId=model, messages=messages)
    stream = client.converse_stream(modelId=model, messages=messages)
    events = list(stream["stream"])
    client.close()
    return {"chat": [_without_headers(chat)], "stream": [_without_headers(stream, "stream"), *events]}


def _google(place: Place, key: str, **more: Any) -> genai.Client:
    transport = {"proxy": place.proxy, "verify": place.trust(), "trust_env": False, **more}
    options = types.HttpOptions(base_url=place.origin, api_version=GEMINI_VERSION, client_args=transport)
    return genai.Client(vertexai=False, api_key=key, http_options=options)


def _generate(client: genai.Client) -> Answers:
    chat = client.models.generate_content(model=MODEL, contents=PROMPT)
    events = _dumped(client.models.generate_content_stream(model=MODEL, contents=PROMPT))
    return {"chat": _dumped([chat]), "stream": events}


def _dumped(values: Iterable[Any]) -> list[object]:
    """The models of SDKs, all of pydantic, as JSON; google-genai's have the response's headers in them."""
    return [value.model_dump(mode="json", exclude={"sdk_http_response"}) for value in values]


def _without_headers(answer: dict[str, Any], *further: str) -> dict[str, Any]:
    """An answer with no more of its metadata than what AWS tells: the request's id and the status."""
    metadata = {name: answer["ResponseMetadata"][name] for name in ("RequestId", "HTTPStatusCode")}
    left = {name: value for name, value in answer.items() if name not in ("ResponseMetadata", *further)}
    return {**left, "metadata": metadata}
