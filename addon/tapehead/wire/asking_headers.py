"""Request headers that say *what* is asked, beside method, URL and body: with another value it is another request.

A table of exact names, each with who sends it and by what it is defined. None holds a key, and none a trace id: those are
another at each run, and ask for nothing.
"""

from collections.abc import Mapping

ASKING: Mapping[str, str] = {
    # Parts and versions of what the URL names. RFC 9110, 13.1 and 14.2.
    "Range": "downloads in parts: huggingface_hub, boto3, curl -r",
    "If-Range": "a download that goes on",
    "If-Match": "optimistic locking: Azure's and Google's clients",
    "If-None-Match": "clients that cache: hishel, CacheControl, octokit",
    "If-Modified-Since": "the same, without an ETag",
    "If-Unmodified-Since": "the same for locking",
    "Content-Range": "uploads in parts: Google's and OneDrive's clients (RFC 9110, 14.4)",
    "Upload-Offset": "uploads in parts: tus clients (tus 1.0.0)",
    "X-Goog-Upload-Command": "uploads in parts: google-genai",
    "X-Goog-Upload-Offset": "the same",
    "X-Ms-Range": "downloads in parts: azure-storage-blob",
    "X-Ms-Continuation": "paging: azure-cosmos",
    "X-Amz-Copy-Source": "copies within S3: boto3",
    "X-Amz-Copy-Source-Range": "the same in parts",
    "Last-Event-Id": "an event stream that goes on: EventSource, MCP (WHATWG HTML, 9.2.4)",
    # What is called at the URL.
    "X-Amz-Target": "the operation: AWS's JSON protocols",
    "Soapaction": "the operation: SOAP 1.1, 6.1.1",
    "X-Http-Method-Override": "the method: Google's and Microsoft's clients",
    "X-Http-Method": "the same",
    "X-Method-Override": "the same",
    "Prefer": "how it is answered: PostgREST, OData, Replicate (RFC 7240)",
    "Access-Control-Request-Method": "a browser's question before its request (Fetch, 4.8)",
    "Access-Control-Request-Headers": "the same",
    "Mcp-Session-Id": "which session: MCP's Streamable HTTP",
    "Sec-Websocket-Protocol": "which protocol is spoken through a WebSocket; what was redacted says nothing",
    "Upgrade": "a WebSocket, not a page: kept where it says `websocket` (RFC 6455, 4.1)",
    # Where a gateway sends it on to.
    "X-Portkey-Provider": "Portkey: which provider",
    "X-Portkey-Custom-Host": "Portkey: which host",
    "Helicone-Target-Url": "Helicone: which host",
    "Ai-Language-Model-Id": "Vercel AI Gateway: which model",
    "Ai-Language-Model-Streaming": "Vercel AI Gateway: in what form",
    "Ai-Model-Id": "Vercel AI Gateway: which model, for embeddings",
    "Azureml-Model-Deployment": "Azure ML: which deployment",
    "X-Amzn-Sagemaker-Target-Model": "SageMaker: which model",
    "X-Amzn-Sagemaker-Target-Variant": "SageMaker: which variant",
    "X-Amzn-Sagemaker-Inference-Component": "SageMaker: which component",
    "X-Amzn-Bedrock-Guardrailidentifier": "Bedrock: which guardrail",
    "X-Amzn-Bedrock-Guardrailversion": "the same",
}
"""By canonical name: who sends it, and what for."""
