"""h2spec, which tries what clients may do wrong over HTTP/2, has nothing to say against the lane's server."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.interop.govcr import binary
from tests.support.lane_serving import LaneServing

pytestmark = pytest.mark.slow


async def _run(program: Path) -> tuple[int | None, str]:
    async with LaneServing() as serving:
        process = await asyncio.create_subprocess_exec(
            program, str(serving.port), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(process.communicate(), 300)
        return process.returncode, said.decode()


def test_all_cases() -> None:
    """Each of them, the strict ones too."""
    code, said = asyncio.run(_run(binary("h2spec")))

    assert 0 == code, said[-5000:]
    assert ["146 tests, 146 passed, 0 skipped, 0 failed"] == re.findall(r"\d+ tests, .*", said)
