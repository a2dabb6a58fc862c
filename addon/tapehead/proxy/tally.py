"""What happened in a run, counted."""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Tally:
    """Exchanges by what became of them."""

    recorded: int = 0
    replayed: int = 0
    missed: int = 0
    partial: int = 0
    lost: int = 0
    """Finished, but could not be written."""
    not_recordable: int = 0
    """WebSocket."""

    def summary(self, file: str) -> str:
        """The last line of a run."""
        names = {"not_recordable": "not recordable (WebSocket)"}
        counts = [
            f"{getattr(self, f.name)} {names.get(f.name, f.name)}"
            for f in fields(self)
            if f.name != "lost" or self.lost
        ]
        return f"{', '.join(counts)} · {file}"
