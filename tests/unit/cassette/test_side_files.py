"""Each file beside a cassette has a name of its own."""

from pathlib import Path

import pytest

from tapehead.cassette.side_files import (
    TIMING,
    backup_path,
    errors_path,
    find_timing,
    lock_path,
    misses_path,
    old_names,
    old_path,
    owners,
    real_path,
    swap_path,
    timing_path,
    torn_path,
)


def test_named_after_the_whole_name() -> None:
    """`c.yml` and `c.yaml` share nothing."""
    for name in ("c.yaml", "c.yml", "c", "c.v1.yaml"):
        cassette = Path("a") / name
        assert [
            f"a/{name}.timing.jsonl",
            f"a/{name}.misses.jsonl",
            f"a/{name}.errors.jsonl",
            f"a/{name}.torn",
            f"a/{name}.bak",
            f"a/{name}.errors.jsonl",
            f"a/{name}.lock",
            f"a/{name}.swap",
        ] == [
            str(each)
            for each in (
                timing_path(cassette),
                misses_path(cassette),
                errors_path(cassette),
                torn_path(cassette),
                backup_path(cassette),
                errors_path(cassette),
                lock_path(cassette),
                swap_path(cassette),
            )
        ]


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ((), "c.yaml.timing.jsonl"),
        (("c.yaml",), "c.yaml.timing.jsonl"),
        (("c.yaml", "c.timing.jsonl"), "c.timing.jsonl"),
        (("c.yaml", "c.timing.jsonl", "c.yaml.timing.jsonl"), "c.yaml.timing.jsonl"),
        (("c.yaml", "c.timing.jsonl", "c.yml"), "c.yaml.timing.jsonl"),
        (("c.yaml", "c.timing.jsonl", "c"), "c.yaml.timing.jsonl"),
        (("c.timing.jsonl", "c.yml"), "c.yaml.timing.jsonl"),
        (("c.timing.jsonl", "c.v1.yaml"), "c.timing.jsonl"),
    ],
)
def test_the_old_name_where_it_means_one_file(tmp_path: Path, there: tuple[str, ...], read: str) -> None:
    """The old timing file is found only where there is no new one, and no other cassette that it may be of."""
    for name in there:
        (tmp_path / name).touch()

    assert tmp_path / read == find_timing(tmp_path / "c.yaml")


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    """A folder `c` beside `c.yaml` owns nothing."""
    (tmp_path / "c").mkdir()

    assert (tmp_path / "c.yaml",) == owners(tmp_path / "c.yaml")


def test_old_names(tmp_path: Path) -> None:
    """All that has an old name, with its new one: also what was moved aside, and nothing that is another's."""
    for name in (
        "c.timing.jsonl", "c.timing.jsonl.torn", "c.timing.jsonl.bak2", "c.misses.jsonl",
        "c.timing.jsonl.other", "c.yaml.timing.jsonl", "c.yaml.bak", "cc.timing.jsonl",
    ):  # fmt: skip
        (tmp_path / name).touch()

    assert [
        ("c.timing.jsonl", "c.yaml.timing.jsonl"),
        ("c.timing.jsonl.bak2", "c.yaml.timing.jsonl.bak2"),
        ("c.timing.jsonl.torn", "c.yaml.timing.jsonl.torn"),
        ("c.misses.jsonl", "c.yaml.misses.jsonl"),
    ] == [(old.name, new.name) for old, new in old_names(tmp_path / "c.yaml")]
    assert () == old_names(tmp_path / "c")
    assert tmp_path / "c.timing.jsonl" == old_path(tmp_path / "c.yaml", TIMING)


def test_a_link_leads_to_the_file_and_what_is_beside_that(tmp_path: Path) -> None:
    """Of a cassette that is a symbolic link the side files are those of the file; there may be none yet."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "c.yaml"
    link.symlink_to("there/real.yaml")
    there = tmp_path / "there" / "real.yaml"

    assert there == real_path(link)
    assert there == real_path(there)
    for each in (timing_path, misses_path, errors_path, lock_path):
        assert each(there) == each(link)
    assert timing_path(there) == find_timing(link)
