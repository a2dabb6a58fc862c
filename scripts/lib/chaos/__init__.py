"""`scripts/chaos`: the long forms of the end-to-end tests, as often as told."""
