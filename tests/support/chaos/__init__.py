"""Traffic that is cut, killed, misled or kept offline, and what must hold then: for the tests and `scripts/chaos`."""
