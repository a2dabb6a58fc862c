"""LangServe's own client: one answer, several, streams, and what is told of the steps."""

import asyncio
import sys

from langserve import RemoteRunnable

chain = RemoteRunnable(f"{sys.argv[1]}/greet")


async def main():
    async for piece in chain.astream("Bia"):
        print("later", piece)
    async for patch in chain.astream_log("Eva"):
        print("step", patch)


print(chain.invoke("Ana"))
print(chain.batch(["Ana", "Bia"]))
for each in chain.stream("Ana"):
    print("now", each)
asyncio.run(main())
