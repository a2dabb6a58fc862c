"""exposure: what is said of an address and of an authority's files, and that nothing of the user's is changed."""

from pathlib import Path

import pytest

from tapehead.network.exposure import KEY, key_permission_warnings, non_loopback_warnings


@pytest.mark.parametrize("hosts", [["127.0.0.1", "::1"], ["localhost"], ["127.8.8.8"], []])
def test_loopback_needs_no_word(hosts: list[str]) -> None:
    """Only this machine gets there."""
    assert [] == [*non_loopback_warnings(hosts)]


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        (["0.0.0.0"], "0.0.0.0"),  # noqa: S104
        (["::"], "::"),
        ([""], "every address"),
        (["127.0.0.1", "10.0.0.5", "10.0.0.5", "build.example"], "10.0.0.5, build.example"),
    ],
)
def test_other_addresses_are_one_line(hosts: list[str], names: str) -> None:
    """Each foreign one is named once, in one line."""
    (line,) = non_loopback_warnings(hosts)

    assert line.startswith(f"listening on {names}: ")


def test_files_of_the_authority(tmp_path: Path) -> None:
    """Each that others may read is named with the command that ends it; none is changed."""
    folder, key = tmp_path / "conf", tmp_path / "conf" / KEY
    assert [] == [*key_permission_warnings(folder)]
    folder.mkdir(mode=0o700)
    key.write_text("")
    key.chmod(0o600)
    assert 0o700 == folder.stat().st_mode & 0o777
    assert [] == [*key_permission_warnings(folder)]

    key.chmod(0o640)
    (line,) = key_permission_warnings(folder)
    assert line.endswith(f"the key of the proxy's authority is open to others on this machine: run chmod 600 '{key}'")
    folder.chmod(0o755)
    (line,) = key_permission_warnings(folder)
    assert line.endswith(f"run chmod 600 '{key}'")  # to look into it is no harm
    folder.chmod(0o775)
    (line,) = key_permission_warnings(folder)
    assert line.endswith(f"run chmod 600 '{key}' && chmod 700 '{folder}'")
    key.chmod(0o600)
    (line,) = key_permission_warnings(folder)
    assert line.startswith("the folder of the proxy's authority")
    assert (0o775, 0o600) == (folder.stat().st_mode & 0o777, key.stat().st_mode & 0o777)
