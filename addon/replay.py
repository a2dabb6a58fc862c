"""mitmdump -s addon/replay.py: replays a cassette, without a network. `--set cassette=FILE`; see the README."""

from tapehead.proxy.addon import Tapehead
from tapehead.proxy.options import Mode

addons = [Tapehead(Mode.REPLAY_ONLY)]
