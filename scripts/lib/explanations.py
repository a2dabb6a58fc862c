"""Writes the golden explanations of misses anew, from the edits in `tests/support/edits.py`."""

from tests.support.edits import CASES, GOLDEN, golden

if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
    print(f"{GOLDEN}: {len(CASES)} explanations")
