"""Which processes belong to a sandbox, from /proc: by descent, or by the network they are in."""

import os


def network(pid: int) -> str:
    """Returns what identifies the network of a process; "" when it cannot be seen."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


def members(of: str) -> list[int]:
    """Returns the processes in a network that is not our own, as far as they can be seen."""
    if not of or of == network(os.getpid()):
        return []
    return [int(name) for name in os.listdir("/proc") if name.isdecimal() and network(int(name)) == of]


def descendants(of: int) -> list[int]:
    """Returns the processes that descend from one, from /proc."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and (fields := _stat(name).rpartition(")")[2].split()):
            parents[int(name)] = int(fields[1])
    found: list[int] = []
    generation = {of}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found += generation
    return found


def _stat(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
