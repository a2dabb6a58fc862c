"""session_names: what a session may be called, and that no name leads out of the folder."""

from pathlib import Path

import pytest

from tapehead.exchange.session_paths import check_name, in_user_name, path_of

HOSTILE = (
    *("..", "../x", "a/../../x", "a/..", "/etc/passwd", "//x", "a//b", "a/", "./a", "a/.", "", "a" * 201, "a\\..\\b"),
    *(
        "a\0b",
        "a\nb",
        "a\r",
        "\x1b[31m",
        "é",
        "日本",
        "\u202eabc",
        "a\udcff",
        "~",
        "a:b",
        "a%2f..",
        "C:x",
        " a",
        "a ",
        "*",
        "a?",
        "<a>",
        "a|b",
        "a'b",
        'a"b',
    ),
)


@pytest.mark.parametrize("name", [each for each in HOSTILE if each != "~"], ids=ascii)
def test_what_is_no_name(name: str) -> None:
    """It is refused in one line that a terminal may show."""
    with pytest.raises(ValueError, match=r"^session ") as caught:
        check_name(name)

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a/b-c.d_e",
        "a" * 200,
        "a~1",
        "checkout/happy",
        "x.yaml",
        "..a",
        "a..",
        "test_x[a-b]",
        "T.test_x[a b, c=(1)]",
    ],
)
def test_what_is_one(name: str) -> None:
    """Its cassette is below the folder."""
    assert check_name(name) == name
    assert path_of(name, Path("/c")).is_relative_to("/c")


def test_links_that_lead_out(tmp_path: Path) -> None:
    """A folder or a file below that is a link to elsewhere is refused; one to somewhere below is not."""
    folder = tmp_path / "cassettes"
    (folder / "real").mkdir(parents=True)
    (folder / "out").symlink_to(tmp_path)
    (folder / "file.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (folder / "in").symlink_to("real")

    for name in ("out/x", "file", "file.yaml"):
        with pytest.raises(ValueError, match="its cassette would not be in") as caught:
            path_of(name, folder)
        assert str(caught.value).isprintable()
    assert folder / "in" / "x.yaml" == path_of("in/x", folder)


def test_in_a_user_name() -> None:
    """It can stand in a URL as it is."""
    assert "checkout/a~1" == in_user_name("checkout/a~1")
    assert "test_x-a-b-c-" == in_user_name("test_x[a-b, c]")
