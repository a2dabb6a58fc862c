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
    refused: int = 0
    """Finished, but a credential was left in what was to be written."""
    not_recordable: int = 0
    """WebSocket."""

    @property
    def failed(self) -> bool:
        """Whether something that was finished is not in the cassette."""
        return bool(self.lost or self.refused)

    def summary(self, file: str) -> str:
        """The last line of a run."""
        names = {"not_recordable": "not recordable (WebSocket)"}
        counts = [
            f"{getattr(self, f.name)} {names.get(f.name, f.name)}"
            for f in fields(self)
            if f.name not in ("lost", "refused") or getattr(self, f.name)
        ]
        return f"{', '.join(counts)} · {file}"
