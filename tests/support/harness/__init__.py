"""What end-to-end tests and the demo stand on: an origin that speaks the providers' streams, a real mitmdump.

Knows nothing of tapehead: it serves, proxies and ends processes.
"""

from tests.support.harness.answers import Answer, Arrival, Chunk
from tests.support.harness.certs import Certs, make_certs
from tests.support.harness.origin import Origin
from tests.support.harness.process import Child, HarnessError
from tests.support.harness.proxy import Mitmdump

__all__ = ["Answer", "Arrival", "Certs", "Child", "Chunk", "HarnessError", "Mitmdump", "Origin", "make_certs"]
