"""`tapehead restore`: the recording before comes back, and nothing is lost by it."""

from pathlib import Path

from tests.support.samples import run


def test_brought_back(tmp_path: Path) -> None:
    """Each file by its name, and where the one is that was there."""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("new")
    for each in (one, two):
        each.with_name(f"{each.name}.bak").write_text("old")
    result = run("restore", one, two)

    assert (0, f"{one}: brought back; what was there is {one}.bak now\n{two}: brought back\n") == (
        result.exit_code,
        result.stdout,
    )
    assert ["old", "old"] == [one.read_text(), two.read_text()]
    assert "new" == one.with_name("one.yaml.bak").read_text()


def test_nothing_to_bring_back(tmp_path: Path) -> None:
    """One line, and the others are brought back all the same."""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    two.with_name("two.yaml.bak").write_text("old")
    result = run("restore", one, two)

    assert 1 == result.exit_code
    assert f"tapehead: {one}.bak: found no such file, expected a recording to bring back\n" == result.stderr
    assert "old" == two.read_text()
    assert 2 == run("restore").exit_code
