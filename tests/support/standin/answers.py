"""Which provider answers what: a table of host, path and handler. Each request gets another number in its answer.

Knows HTTP's side of it, such as codings; what the providers say is in a module for each API.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.support.harness.answers import Answer, Asked, Chunk
from tests.support.standin import bedrock, chat, cohere, gemini, hosts, messages, responses

type Handler = Callable[[Asked, int], Answer]

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    (hosts.OPENAI, r"/v1/chat/completions", chat.openai),
    (hosts.OPENAI, r"/v1/responses", responses.openai),
    (hosts.ANTHROPIC, r"/v1/messages", messages.anthropic),
    (hosts.GEMINI, r"/v1(beta)?/models/[^/:]+:generateContent", gemini.whole),
    (hosts.GEMINI, r"/v1(beta)?/models/[^/:]+:streamGenerateContent", gemini.stream),
    (hosts.BEDROCK, r"/model/[^/]+/converse", bedrock.whole),
    (hosts.BEDROCK, r"/model/[^/]+/converse-stream", bedrock.stream),
    (hosts.MISTRAL, r"/v1/chat/completions", chat.mistral),
    (hosts.COHERE, r"/v2/chat", cohere.chat),
)


@dataclass(frozen=True, slots=True)
class Answering:
    """The stand-in's answers, numbered."""

    numbers: Iterator[int]

    def __call__(self, asked: Asked) -> Answer:
        """What the provider of the host that was asked answers; 404 as JSON when there is none."""
        headers = dict(asked.headers)
        host = headers.get("host", "").partition(":")[0]
        for name, path, handler in ROUTES:
            if name == host and re.fullmatch(path, asked.path):
                return _coded(handler(asked, next(self.numbers)), headers.get("accept-encoding", ""))
        return Answer.of_json({"error": {"message": f"the stand-in has no {host}{asked.path}"}}, status=404)


def _coded(answer: Answer, accepted: str) -> Answer:
    """A document compressed, as providers do it for who accepts that. Streams are not."""
    if len(answer.chunks) != 1 or "gzip" not in accepted:
        return answer
    data = gzip.compress(answer.chunks[0].data)
    kept = tuple(item for item in answer.headers if item[0] != "content-length")
    headers = (*kept, ("content-encoding", "gzip"), ("content-length", str(len(data))))
    return replace(answer, headers=headers, chunks=(Chunk(data=data),))
