"""`NAME.yaml.misses.jsonl` beside a cassette: each miss of a run as a line of JSON, for programs to read.

An aid: what cannot be written is said once and costs nothing else.
"""

import json
import logging
import os
from pathlib import Path

from tapehead.cassette.files import replace_file
from tapehead.cassette.side_files import misses_path
from tapehead.explain.explanation import Explanation
from tapehead.redact.redactor import Redactor

logger = logging.getLogger(__name__)


class MissReport:
    """The misses of one run. The file of the run before is replaced by the first."""

    def __init__(self, cassette: Path) -> None:
        self.path = misses_path(cassette)
        self._broken = False
        self.path.unlink(missing_ok=True)

    def redact(self, redactor: Redactor) -> None:
        """Takes out of what was written what is known to be a credential now. Raises OSError."""
        old = self.path.read_bytes() if self.path.exists() else b""
        new = redactor.clean(old)
        if new is not old:
            replace_file(self.path, new)

    def write(self, explanation: Explanation) -> None:
        """Adds a miss as a line. A file that cannot be written is said once, in the log."""
        line = json.dumps(explanation.to_json(), ensure_ascii=False).encode(errors="replace") + b"\n"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(self.path, flags, 0o600), "ab") as file:
                file.write(line)
        except OSError as e:
            if not self._broken:
                logger.warning("%s: not written: %s", self.path, (e.strerror or str(e)).lower())
            self._broken = True
