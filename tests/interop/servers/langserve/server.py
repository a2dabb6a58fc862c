"""LangServe with a chain of two, the second of which says a word at a time."""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI
from langchain_core.runnables import RunnableGenerator, RunnableLambda
from langserve import add_routes


async def words(texts):
    async for text in texts:
        for word in text.split(" "):
            await asyncio.sleep(0.01)
            yield word


app = FastAPI()
chain = RunnableLambda(lambda name: f"Olá {name} how are you today") | RunnableGenerator(words)
add_routes(app, chain.with_types(input_type=str, output_type=str), path="/greet")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
