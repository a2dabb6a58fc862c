#!/usr/bin/env bash
# uvloop 0.23.0 on CPython 3.12 and 3.13, with asyncio.eager_task_factory.
#
# Guess: a loop in asyncio's place takes asyncio's own task factory, which CPython has had since 3.12.
# Seen: each create_task raises TypeError. uvloop hands every factory `eager_start`, which asyncio's factories take from 3.14
# on. A factory of one's own that takes the argument, and makes asyncio.Task(coro, loop=loop, eager_start=True), works.
set -euo pipefail
python=
for candidate in python3.13 python3.12 python3; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
    case $version in 3.12 | 3.13) python=$candidate && break ;; esac
done
[ -n "$python" ] || { echo "needs CPython 3.12 or 3.13" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check uvloop==0.23.0
cat >"$folder/run.py" <<'PY'
import asyncio

import uvloop


async def answer():
    return "done"


def own(loop, coro, *, eager_start=None, **more):
    return asyncio.Task(coro, loop=loop, eager_start=True, **more)


async def main(factory):
    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    coro = answer()
    try:
        return f"eager: {asyncio.create_task(coro).done()}"
    except TypeError as e:
        coro.close()
        return f"TypeError: {e}"
    finally:
        loop.set_task_factory(None)  # the loop makes tasks of its own when it ends


for name, new_loop in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)):
    for kind, factory in (("eager_task_factory", asyncio.eager_task_factory), ("one's own", own)):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            print(f"{name}, {kind}:", runner.run(main(factory)).replace("'", "`"))
PY
got=$("$folder/venv/bin/python" "$folder/run.py" 2>&1)
echo "$got"
expected="asyncio, eager_task_factory: eager: True
asyncio, one's own: eager: True
uvloop, eager_task_factory: TypeError: create_eager_task_factory.<locals>.factory() got an unexpected keyword argument \`eager_start\`
uvloop, one's own: eager: True"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
