"""The documents, held against the product: what has a sentence, what is generated, what is named and is there.

Knows which pages people wrote. Executes none of their examples; that is `test_readme`.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tapehead.cli.main import main as tapehead
from tapehead.cli.output import SOMETHING_WRONG
from tapehead.cli.run.run_verdict import FAILED, NO_PROXY
from tapehead.exchange.options import OPTIONS
from tapehead.mitm.patch_checks import WITHOUT
from tapehead.mitm.patch_model import PatchKind
from tapehead.mitm.patches import PATCHES
from tests.support.imports import ALLOWED, PACKAGE

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "addon" / "docs"
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *DOCS.glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
        ROOT / "addon" / "README.md",
        ROOT / "tests" / "README.md",
    )
)
GENERATED = ("cli.md", "options.md")
WRITTEN = {path: path.read_text() for path in DOCUMENTS if path.name not in (*GENERATED, "CHANGELOG.md")}
_FENCE = re.compile(r"(?ms)^```.*?^```$")


def sections() -> list[str]:
    """Each part of the README and the guides under a heading of its own, without its code."""
    pages = [_FENCE.sub("", text) for path, text in WRITTEN.items() if path.parent in (ROOT, DOCS)]
    return [section for page in pages for section in re.split(r"(?m)^#+ ", page)]


def sentences(text: str, needle: str) -> list[str]:
    """The lines in which `needle` stands in backticks, and four words at least stand outside of them.

    `needle` is whole: `--live` is not found in `--no-live`, nor `tapehead record` in `tapehead recorder`.
    """
    word = re.compile(rf"`(?:[^`]*[\s\[])?{re.escape(needle)}(?![\w-])[^`]*`")
    return [line for line in text.splitlines() if word.search(line) and len(re.sub(r"`[^`]*`", "", line).split()) >= 4]


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Each command as it is typed, and those within it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        path = f"{context.command_path} {name}"
        yield path, command
        if isinstance(command, click.Group):
            yield from commands(command, click.Context(command, info_name=name, parent=context))


COMMANDS = dict(commands(tapehead, click.Context(tapehead, info_name="tapehead")))
OPTIONS_OF_COMMANDS = [
    (path, name)
    for path, command in [("tapehead", tapehead), *COMMANDS.items()]
    for param in command.params
    if isinstance(param, click.Option) and not param.hidden
    for name in (*param.opts, *param.secondary_opts)
]


def test_the_readme_is_short() -> None:
    """200 lines and 16,000 characters at most, and real output within the first 30 lines."""
    lines = WRITTEN[ROOT / "README.md"].splitlines()

    assert len(lines) <= 200
    assert len("\n".join(lines)) <= 16_000
    assert "```" in lines[lines.index("```console") + 1 : 30]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_a_sentence(path: str) -> None:
    """Somebody has written what it is for, not only its own --help."""
    assert [] != sentences("\n".join(sections()), path)


@pytest.mark.parametrize(("path", "name"), OPTIONS_OF_COMMANDS)
def test_every_option_of_a_command_has_a_sentence(path: str, name: str) -> None:
    """It stands where its command is spoken of."""
    about = [section for section in sections() if f"`{path}" in section or f"{path}`" in section]

    assert [] != [each for section in about for each in sentences(section, name)]


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_of_the_proxy_has_a_sentence(name: str) -> None:
    """On the page of what it changes, not only on the generated one."""
    assert [] != sentences("\n".join(sections()), name)


def test_every_exit_code_has_a_sentence() -> None:
    """The table has the codes that there are, and says of each what it means."""
    table = (DOCS / "run.md").read_text().partition("<!-- test: exit codes -->\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ", 1) for line in table.splitlines()[2:]]
    # Of a run; of a shell, whose codes a run has for a command that cannot be run; of what looks into files.
    codes = [0, click.UsageError.exit_code, FAILED, NO_PROXY, 126, 127, "128 + n", SOMETHING_WRONG]

    assert sorted(f"`{code}`" for code in codes) == sorted(code for code, _ in rows)
    assert [] == [code for code, meaning in rows if len(meaning.split()) < 4]


def test_every_patch_for_speed_is_in_a_table() -> None:
    """Each that the proxy can do without has its row, in the order of the patches, and the variable has a sentence."""
    table = (DOCS / "mitmproxy.md").read_text().partition("| name | without it |\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ", 1) for line in table.splitlines()[1:]]

    assert [f"`{patch.name}`" for patch in PATCHES if patch.kind is PatchKind.SPEED] == [name for name, _ in rows]
    assert [] == [name for name, meaning in rows if len(meaning.split()) < 4]
    assert [] != sentences("\n".join(sections()), WITHOUT)


def _check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "scripts" / "docs"), "--check", "--folder", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_generated_pages_are_fresh() -> None:
    """They are what `scripts/docs` would write now."""
    done = _check(DOCS)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    """A page that somebody has edited, and one that is not there, are named, and written by nobody."""
    (tmp_path / "cli.md").write_text((DOCS / "cli.md").read_text() + "\n- `--more`: Or less.\n")
    done = _check(tmp_path)

    assert 1 == done.returncode
    assert [f"{name}: is stale; scripts/docs writes it anew" for name in GENERATED] == done.stderr.splitlines()
    assert ["cli.md"] == [path.name for path in tmp_path.iterdir()]


def test_the_scripts_are_there() -> None:
    """Each script that a document names can be run."""
    named = {name for text in WRITTEN.values() for name in re.findall(r"\bscripts/(?!record|replay)([\w-]+)", text)}

    assert {"demo", "test"} <= named
    assert [] == sorted(name for name in named if not os.access(ROOT / "scripts" / name, os.X_OK))


def test_the_tests_are_there() -> None:
    """Each test file that a document names is one."""
    named = {name for text in WRITTEN.values() for name in re.findall(r"\btest_\w+\.py\b", text)}

    assert named
    assert [] == sorted(name for name in named if not [*(ROOT / "tests").rglob(name)])


ARCHITECTURE = WRITTEN[ROOT / "addon" / "README.md"]


def test_the_code_map_is_the_import_table() -> None:
    """Each package has its row, in the same order, and what it may import is what the import test lets it."""
    table = ARCHITECTURE.partition("| package | knows | may import |\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]

    assert [*ALLOWED] == [name.strip("`") for name, _, _ in rows]
    assert [*ALLOWED.values()] == [set(re.findall(r"`(\w+)`", imports)) for _, _, imports in rows]
    assert {*ALLOWED} == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_the_architecture_names_what_is_there() -> None:
    """Each module and folder that it names is one: below the package, or below the repository where it says so."""
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", ARCHITECTURE))
    tops = ("addon/", "tests/", "scripts/")

    assert len(named) > 80
    assert [] == sorted(name for name in named if not ((ROOT if name.startswith(tops) else PACKAGE) / name).exists())


def test_the_page_on_tests_names_what_is_there() -> None:
    """Each folder and file that it names is one, below tests/ or in scripts/, and it names each folder that has tests."""
    named = set(re.findall(r"`([\w/<>]+(?:\.py|/))`", WRITTEN[ROOT / "tests" / "README.md"]))
    folders = {f"{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "_."}

    written = {name: (ROOT if name.startswith("scripts/") else ROOT / "tests") / name for name in named}

    assert [] == sorted(name for name, path in written.items() if "<" not in name and not path.exists())
    assert [] == sorted(folders - named)
    assert [] == sorted(name for name in ALLOWED if not _tests_of(name).exists())


def _tests_of(package: str) -> Path:
    """Where the tests of a package are: the two that have none of their own are tested as programs."""
    elsewhere = {"proxy": "e2e", "pytest_plugin": "test_pytest_plugin.py"}
    return ROOT / "tests" / elsewhere.get(package, f"unit/{package}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Each link within the repository names a file that is there, and a heading that it has."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        name, _, heading = target.partition("#")
        file = path.parent / name if name else path

        assert file.exists(), target
        assert not heading or heading in _headings(file), target


def _headings(file: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"(?m)^#+ (.*)$", _FENCE.sub("", file.read_text()))
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_every_guide_is_in_the_readme() -> None:
    """Whoever reads the README finds all of them, and each says in one line what it is about."""
    readme = WRITTEN[ROOT / "README.md"]
    guides = sorted(DOCS.glob("*.md"))

    assert [] == [path.name for path in guides if f"](addon/docs/{path.name})" not in readme]
    for path in guides:
        title, about, _ = re.sub(r"<!--.*?-->\n", "", path.read_text()).split("\n\n", 2)
        assert re.fullmatch(r"# .+", title), path.name
        assert re.fullmatch(r"[^`\n]{10,75}\.", about), path.name


def test_nothing_refers_to_what_is_not_here() -> None:
    """No notes and no plan that only its makers have. Where the public corpus may be, tests say by name."""
    phrases = re.compile(
        "|".join(("project's " + "notes", "as " + "drawn", r"shared/(?!corpus|name)\w", r"(?<!\w)note" + "s/"))
    )
    files = [
        ROOT / "README.md",
        *(file for top in ("addon", "tests", "scripts", ".github") for file in _texts(ROOT / top)),
    ]
    found = [f"{file.relative_to(ROOT)}: {match[0]}" for file in files for match in phrases.finditer(file.read_text())]

    assert [] == found


def _texts(folder: Path) -> Iterator[Path]:
    """The files that people wrote."""
    suffixes = (".py", ".md", ".yml", ".js", ".cjs", ".go", ".toml", "")
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in suffixes and not {"__pycache__", "node_modules"} & {*path.parts}:
            try:
                path.read_text()
            except UnicodeDecodeError:  # a sample of broken bytes
                continue
            yield path
