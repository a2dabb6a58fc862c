"""mitmdump -s addon/record.py: records LLM traffic into a cassette. `--set cassette=FILE`; see `tapehead help mitmproxy`."""

from tapehead.exchange.config import Mode
from tapehead.proxy.script import Script

addons = [Script(Mode.RECORD_ONLY)]
