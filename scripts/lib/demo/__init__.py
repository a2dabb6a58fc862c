"""`scripts/demo`: real clients recorded, replayed without their origin, and compared."""
