"""Which processes descend from one, and which share a network."""

import os
import subprocess

from tapehead.sandbox import processes


def test_descendants() -> None:
    """Children and theirs; not the process itself."""
    with subprocess.Popen(["sh", "-c", "sh -c 'echo; read x' & read y; wait"], stdin=-1, stdout=-1) as parent:
        assert parent.stdout
        parent.stdout.readline()
        found = processes.descendants(os.getpid())
        below = processes.descendants(parent.pid)
        assert parent.stdin
        parent.stdin.close()

    assert parent.pid in found
    assert os.getpid() not in found
    assert 1 == len(below)
    assert set(below) < set(found)


def test_our_own_network_has_no_members() -> None:
    """What would be killed is never what we belong to."""
    assert processes.network(os.getpid()).startswith("net:[")
    assert [] == processes.members(processes.network(os.getpid()))
    assert [] == processes.members("")
    assert [] == processes.members("net:[1]")
    assert "" == processes.network(2**22 + 1)
