"""Where real cassettes are found: `TAPEHEAD_CORPUS`, or `../shared/corpus` beside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def corpus() -> list[Path]:
    """Every cassette of the corpus. Skips the test where there is none."""
    folder = Path(os.environ.get("TAPEHEAD_CORPUS", ROOT.parent / "shared" / "corpus"))
    files = sorted(folder.glob("*/*.yaml"))
    if not files:
        pytest.skip("no corpus: set TAPEHEAD_CORPUS to a folder of folders of cassettes")
    return files


def reference() -> Path:
    """The reference cassette. Skips the test where there is none."""
    folder = Path(os.environ.get("TAPEHEAD_REFERENCE", ROOT.parent / "shared" / "reference"))
    file = folder / "kimi-k2.yaml"
    if not file.is_file():
        pytest.skip("no reference cassette: set TAPEHEAD_REFERENCE to the folder of kimi-k2.yaml")
    return file
