"""The end-to-end tests' origin and mitmdumps, for what only real connections show."""

from tests.e2e.conftest import certs, confdir, origin, shared_origin, tape

__all__ = ["certs", "confdir", "origin", "shared_origin", "tape"]
