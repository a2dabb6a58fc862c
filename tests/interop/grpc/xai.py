"""xAI's SDK asks for one answer whole and one as a stream; or a server with xAI's own messages answers.

xai.py server CERT KEY      prints its port
xai.py client HOST:PORT     prints what it got
"""

# mypy: ignore-errors
# A program of another environment, which has that SDK.

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from xai_sdk import Client
from xai_sdk.chat import user
from xai_sdk.proto import chat_pb2, chat_pb2_grpc


class Chat(chat_pb2_grpc.ChatServicer):
    """Says two words, together or one by one."""

    def GetCompletion(self, request: Any, context: Any) -> Any:  # noqa: N802
        message = chat_pb2.CompletionMessage(content="two words", role=chat_pb2.ROLE_ASSISTANT)
        output = chat_pb2.CompletionOutput(message=message, finish_reason=1)
        return chat_pb2.GetChatCompletionResponse(id="a", model=request.model, outputs=[output])

    def GetCompletionChunk(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        for word in ("two", " words"):
            time.sleep(0.05)
            output = chat_pb2.CompletionOutputChunk(delta=chat_pb2.Delta(content=word, role=chat_pb2.ROLE_ASSISTANT))
            yield chat_pb2.GetChatCompletionChunk(id="b", model=request.model, outputs=[output])


def serve(cert: str, key: str) -> None:
    """Listens until it is ended."""
    server = grpc.server(ThreadPoolExecutor(4))
    chat_pb2_grpc.add_ChatServicer_to_server(Chat(), server)
    credentials = grpc.ssl_server_credentials([(Path(key).read_bytes(), Path(cert).read_bytes())])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def ask(host: str) -> None:
    """Asks both ways."""
    client = Client(api_key="xai-" + "k" * 8, api_host=host, timeout=20)
    whole = client.chat.create(model="grok-4", messages=[user("say two words")])
    streamed = client.chat.create(model="grok-4", messages=[user("and again")])
    print(json.dumps([whole.sample().content, [chunk.content for _, chunk in streamed.stream()]]))


if __name__ == "__main__":
    {"server": serve, "client": ask}[sys.argv[1]](*sys.argv[2:])
