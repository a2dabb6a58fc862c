"""`tapehead upgrade`: says what it would do, does it when told, one line for each change."""

from pathlib import Path

import pytest

from tapehead.cassette.failures import missing_file
from tapehead.cassette.side_files import errors_path, timing_path
from tests.support.samples import run, write_sample


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A cassette with a timing file as of before version 0.2."""
    path = write_sample(tmp_path)
    timing_path(path).rename(tmp_path / "sample.timing.jsonl")
    return path


def test_first_it_only_says(old: Path) -> None:
    """A line for each change, exit code 0, and nothing is changed."""
    result = run("upgrade", old)

    assert (
        0,
        f"{old.parent}/sample.timing.jsonl: would be renamed to sample.yaml.timing.jsonl; --write does it\n"
        f"{old}.timing.jsonl: would get a head line; --write does it\n",
        "",
    ) == (result.exit_code, result.stdout, result.stderr)
    assert {old, old.with_name("sample.timing.jsonl")} == set(old.parent.iterdir())


def test_then_it_does(old: Path) -> None:
    """The same with --write; a second time there is nothing to do, and `show` has the times that it had."""
    before = run("show", old).stdout
    result = run("upgrade", old, "--write")

    assert (
        0,
        f"{old.parent}/sample.timing.jsonl: renamed to sample.yaml.timing.jsonl\n{old}.timing.jsonl: got a head line\n",
    ) == (result.exit_code, result.stdout)
    assert {old, timing_path(old)} == set(old.parent.iterdir())
    assert before == run("show", old).stdout
    for arguments in ((old,), (old, "--write")):
        again = run("upgrade", *arguments)
        assert (0, f"{old}: nothing to do\n") == (again.exit_code, again.stdout)


def test_what_failed_stays_as_it_is(old: Path) -> None:
    """Its file has had no other name; that there is one is in the head that the timings get."""
    errors_path(old).write_text("{}\n")
    assert 0 == run("upgrade", old, "--write").exit_code
    assert "{}\n" == errors_path(old).read_text()
    errors_path(old).unlink()
    assert errors_path(old) == missing_file(old)


def test_what_cannot_be_read(old: Path) -> None:
    """One line and exit code 1; the files behind it are done."""
    for what in (old.with_name("none.yaml"), old.parent, Path("/dev/null")):
        result = run("upgrade", what, old)

        assert (1, 1, 2) == (result.exit_code, result.stderr.count("\n"), result.stdout.count("\n"))
        assert result.stderr.startswith(f"tapehead: {what}: found ")


def test_what_is_left(old: Path) -> None:
    """A file that may be of two cassettes is named, with what to do, and the exit code is 1."""
    old.with_name("sample.yml").write_bytes(old.read_bytes())
    result = run("upgrade", old, "--write")

    assert (1, "") == (result.exit_code, result.stdout)
    assert (
        f"tapehead: {old.parent}/sample.timing.jsonl: left as it is: it may be of sample.yaml or sample.yml; "
        "name it sample.yaml.timing.jsonl if it is of this one\n"
    ) == result.stderr


def test_wrong_usage() -> None:
    """Without a file it is wrong usage."""
    assert 2 == run("upgrade").exit_code
