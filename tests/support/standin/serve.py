"""The stand-in's process: the harness's server with the providers' answers. Run as the harness runs its own."""

import itertools
import secrets
import sys

from tests.support.harness import serve
from tests.support.standin.answers import Answering

if __name__ == "__main__":
    # Not from 1: two origins are not to give the same answers either.
    serve.main(*sys.argv[1:3], answer=Answering(itertools.count(1000 + secrets.randbelow(9000))))
