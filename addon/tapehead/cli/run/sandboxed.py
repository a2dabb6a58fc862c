"""A command in the sandbox: run as any other, and what it tried past the proxy."""

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

from tapehead.cli.run import subprocess_runner
from tapehead.cli.run.signals import Signals
from tapehead.sandbox.command import ConnectionAttempt, Ports, Sandbox, SandboxError

__all__ = ["Sandbox", "SandboxError", "bypass_attempts", "run"]


async def run(
    command: Sequence[str], env: Mapping[str, str], ways: Mapping[int, int], signals: Signals
) -> tuple[int, Sandbox]:
    """Runs a command in a sandbox. Returns its exit code, and the sandbox that it was in.

    `ways`: ports inside, and those outside that they lead to. Raises CommandError when it cannot be run, SandboxError
    when there is no sandbox.
    """
    async with AsyncExitStack() as stack:
        sandbox = Sandbox()

        async def start(command: Sequence[str]) -> subprocess_runner.Child:
            nonlocal sandbox
            sandbox = await stack.enter_async_context(Sandbox())  # for one command each
            return await sandbox.start(command, env, Ports(port_map=ways))

        code = await subprocess_runner.run(start, command, env.get("PATH"), signals)
    return code, sandbox


def bypass_attempts(attempts: Iterable[ConnectionAttempt], hosts: Container[str | None]) -> list[ConnectionAttempt]:
    """Returns what was tried past the proxy. `hosts`: those that were asked through it.

    Looking one of those up is no try: Ruby's Net::HTTP does so before it goes to the proxy.
    """
    return [each for each in attempts if not (each.kind == "name" and each.host in hosts)]
