"""The process that stands in for the provider behind a server: OpenAI's chat and responses, whatever host is asked.

Run as the harness runs its own origin.
"""

import itertools
import sys

from tests.support.harness import serve
from tests.support.harness.answers import Answer, Asked
from tests.support.standin import chat, responses

NUMBERS = itertools.count(1)
ROUTES = {"/v1/chat/completions": chat.openai, "/v1/responses": responses.openai}


def answer(asked: Asked) -> Answer:
    """What the provider says; each time with another number."""
    handler = ROUTES.get(asked.path)
    if handler is None:
        return Answer.of_json({"error": {"message": f"the stand-in has no {asked.path}"}}, status=404)
    return handler(asked, next(NUMBERS))


if __name__ == "__main__":
    serve.main(*sys.argv[1:3], answer=answer)
