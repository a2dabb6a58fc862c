"""mitmdump -s addon/replay.py: replays a cassette, without a network. `--set cassette=FILE`; see `tapehead help mitmproxy`."""

from tapehead.modes import Mode
from tapehead.proxy.script import Script

addons = [Script(Mode.REPLAY_ONLY)]
