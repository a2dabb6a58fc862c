"""How long mitmdump's event loop was held up, by our own process and by all that runs on this machine.

Knows the script that measures it, and what `/proc` says of memory. Does not know what mitmdump does meanwhile.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).parent / "heart" / "heart.py"
MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The worst of some time, in seconds."""

    late: float
    """A tick that came so late."""
    ours: float
    """Of which our own process was busy so long."""

    def __str__(self) -> str:
        return f"{self.ours * 1000:.0f} ms held by us ({self.late * 1000:.0f} ms late)"


@dataclass(slots=True, kw_only=True)
class Heart:
    """Reads what the script wrote. `mark` begins the time that is looked at."""

    file: Path
    start: float = field(default_factory=time.monotonic)

    def mark(self) -> None:
        """From now on."""
        self.start = time.monotonic()

    def held(self) -> Held:
        """The worst since the mark."""
        time.sleep(0.1)  # a last tick
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        late = ours = 0.0
        for at, how_late, how_busy in (map(float, line.split()) for line in lines):
            if at >= self.start:
                late, ours = max(late, how_late), max(ours, how_busy)
        return Held(late=late, ours=ours)


def peak_memory(pid: int) -> int:
    """Bytes that a process and its children had at most, each at its own worst time."""
    return sum(high_water(each) for each in (pid, *children(pid)))


def children(pid: int) -> list[int]:
    """The processes that a process started itself."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return found


def high_water(pid: int) -> int:
    """Bytes that a process had at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
