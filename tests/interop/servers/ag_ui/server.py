"""An agent of Pydantic AI, its model the provider's, over AG-UI."""

import os
import sys

import uvicorn
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.ui.ag_ui import AGUIAdapter
from starlette.applications import Starlette
from starlette.routing import Route

provider = OpenAIProvider(base_url=os.environ["PROVIDER"], api_key="dummy-not-a-key")
agent = Agent(OpenAIChatModel("gpt-4o-mini", provider=provider))


async def run(request):
    return await AGUIAdapter.dispatch_request(request, agent=agent)


app = Starlette(routes=[Route("/", run, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
