"""mitmdump -s addon/record.py: records LLM traffic into a cassette. `--set cassette=FILE`; see `tapehead help mitmproxy`."""

from tapehead.modes import Mode
from tapehead.proxy.script import Script

addons = [Script(Mode.RECORD_ONLY)]
