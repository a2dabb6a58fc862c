"""`scripts/matrix`: runs the matrix and tells its outcome; what a cell is, tests know too: `tests.support.matrix`."""
