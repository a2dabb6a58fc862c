"""The ids that a client makes up in a sequence: other ones in each run, `{{name}}` in the script."""

import re
import secrets
from typing import Any

from tests.support.realtime.events import Event

_ID = re.compile(r"\{\{(\w+)\}\}")


class Ids:
    """Those of one session."""

    def __init__(self) -> None:
        """Begins with none."""
        self._known: dict[str, str] = {}

    def made(self, event: Event) -> Event:
        """Returns an event of the script with ids, those that are new made up: the client's view."""
        return {name: self._fill(each, make=True) for name, each in event.items()}

    def filled(self, event: Event) -> Event:
        """Returns an event of the script with the ids that are known. Raises KeyError for others."""
        return {name: self._fill(each, make=False) for name, each in event.items()}

    def fits(self, event: Event, said: Event) -> bool:
        """Returns whether what was said is the event of the script, and learns its ids: the server's view."""
        return self._fits(event, said)

    def _fill(self, value: Any, *, make: bool) -> Any:
        if isinstance(value, dict):
            return {name: self._fill(each, make=make) for name, each in value.items()}
        if isinstance(value, list):
            return [self._fill(each, make=make) for each in value]
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        if not found:
            return value
        name = found[1]
        if make and name not in self._known:
            self._known[name] = f"{name.rstrip('0123456789_')}_{secrets.token_hex(8)}"
        return self._known[name]

    def _fits(self, value: Any, said: Any) -> bool:
        if isinstance(value, dict):
            return (
                isinstance(said, dict)
                and value.keys() == said.keys()
                and all(self._fits(each, said[name]) for name, each in value.items())
            )
        if isinstance(value, list):
            return (
                isinstance(said, list)
                and len(said) == len(value)
                and all(self._fits(each, other) for each, other in zip(value, said, strict=True))
            )
        if isinstance(value, str) and (found := _ID.fullmatch(value)):
            return isinstance(said, str) and self._known.setdefault(found[1], said) == said
        return bool(value == said)
