"""mitmdump -s addon/record.py: records LLM traffic into a cassette. `--set cassette=FILE`; see the README."""

from tapehead.proxy.addon import Tapehead
from tapehead.proxy.options import Mode

addons = [Tapehead(Mode.RECORD_ONLY)]
