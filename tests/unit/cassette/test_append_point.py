"""What a person wrote into a cassette stays byte for byte when an interaction is added, or one line refuses."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tapehead.cassette import Cassette, CassetteError, dumps, load, loads, timing, writer
from tapehead.cassette.append_point import Style, find_append_point
from tapehead.cassette.dialect import KNOWN, REFERENCE
from tapehead.cassette.rewriting import rewritten
from tapehead.cassette.store import Recorded, Rendered, Store
from tapehead.cassette.timing import Timing
from tests.support.examples import INTERACTION

THREE = tuple(replace(INTERACTION, id=number) for number in range(3))
TEXT = dumps(Cassette(interactions=THREE)).decode()
HEAD = "---\nversion: 2\ninteractions:\n"
BODY = TEXT.removeprefix(HEAD)
ITEMS = re.split(r"(?m)^(?=  - id: )", BODY)[1:]
NEW = replace(
    INTERACTION,
    request=replace(
        INTERACTION.request, url="https://example.com/new", headers={"X-A": ("1", "2")}, trailer={"T": ("t",)}
    ),
    response=replace(
        INTERACTION.response, body="Oi café \N{GRINNING FACE}\x7f\r\n\n  - id: 7\n".encode(), uncompressed=True
    ),
)
DIGEST = timing.digest(NEW.response.body)
RECORDED = Recorded(
    interaction=NEW,
    timing=Timing(id=0, sha256=DIGEST, start=1.0, headers=2.0, end=3.0, chunks=((2.5, len(NEW.response.body)),)),
)
PLAIN = yaml.safe_load(TEXT)
ASCII = {**PLAIN, "interactions": PLAIN["interactions"][:2]}
OURS, THEIRS = "<<<<<<< HEAD\n", ">>>>>>> branch\n"

KEPT = {
    "nothing": TEXT,
    "crlf": TEXT.replace("\n", "\r\n"),
    "crlf and a comment": TEXT.replace("  - id: 1", "  # by hand\n  - id: 1").replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + TEXT,
    "a comment above the list": TEXT.replace("interactions:", "# by hand\ninteractions:"),
    "a comment behind the key": TEXT.replace("interactions:\n", "interactions:   # by hand\n"),
    "a comment above an item": TEXT.replace("  - id: 1", "  # by hand\n  # more\n  - id: 1"),
    "a comment above the last item": TEXT.replace("  - id: 2", "  # by hand\n  # more\n  - id: 2"),
    "a comment in an item": TEXT.replace("        code:", "        # by hand\n        code:"),
    "a comment behind a value": TEXT.replace("        code: 200", "        code: 200 # by hand"),
    "a comment at the end": TEXT + "# by hand\n",
    "an indented comment at the end": TEXT + "    # by hand\n\n# more\n",
    "a comment at the end without a line end": TEXT + "# by hand",
    "a comment at the start": "# by hand\n" + TEXT,
    "a lone CR in a comment": TEXT.replace("interactions:", "# by\r# hand\ninteractions:"),
    "a directive": "%YAML 1.2\n" + TEXT,
    "no document start": TEXT.removeprefix("---\n"),
    "a document end": TEXT + "...\n",
    "a comment and a document end": TEXT + "# by hand\n...\n",
    "a comment behind the document end": TEXT + "...\n# by hand\n",
    "no line end": TEXT.rstrip("\n"),
    "no line end, crlf": TEXT.replace("\n", "\r\n").rstrip("\r\n"),
    "blank lines at the end": TEXT + "\n\n\n",
    "blank lines between items": TEXT.replace("  - id: 1", "\n\n  - id: 1"),
    "spaces at line ends": TEXT.replace("        code: 200\n", "        code: 200  \n"),
    "version behind the list": "---\ninteractions:\n" + BODY + "version: 2\n",
    "a key behind the list": TEXT + "notes: by hand\n",
    "a commented key behind the list": TEXT + "\n# about it\nnotes:\n  - by hand\n# end\n",
    "a key behind the list, crlf": (TEXT + "notes: by hand\n").replace("\n", "\r\n"),
    "a key before the list": TEXT.replace("interactions:", "notes: by hand\ninteractions:"),
    "a key in an item": TEXT.replace("  - id: 1\n", "  - id: 1\n    note: by hand\n"),
    "a key in a request": TEXT.replace("        method:", "        note: by hand\n        method:"),
    "a key at the end of the last item": TEXT + "        note: by hand\n",
    "a block of text at the end of the last item": TEXT + "        note: |+\n          # not a comment\n\n\n",
    "a block of text, and a key behind the list": TEXT + "        note: |\n          # no comment\n\nnotes: x\n",
    "a flow mapping at the end of the last item": TEXT + "        note: {by: hand}\nnotes: x\n",
    "the list at column 0": HEAD + re.sub("(?m)^  ", "", BODY),
    "the list at column 3": HEAD + re.sub("(?m)^", " ", BODY),
    "the list at column 7": HEAD + re.sub("(?m)^", "     ", BODY),
    "PyYAML's": yaml.safe_dump(PLAIN),
    "PyYAML's, wide and in order": yaml.safe_dump(PLAIN, sort_keys=False, width=60, allow_unicode=True),
    "PyYAML's without a line end": yaml.safe_dump(PLAIN).rstrip("\n"),
    "JSON": json.dumps(ASCII),
    "JSON in lines": json.dumps(ASCII, indent=2) + "\n",
    "JSON in lines with a key behind": json.dumps({**ASCII, "notes": "by hand"}, indent=2) + "\n",
    "JSON in lines, crlf": json.dumps(ASCII, indent=2).replace("\n", "\r\n"),
    "an empty list in JSON": json.dumps({"version": 2, "interactions": [], "notes": "by hand"}) + "\n",
    "nothing in a flow mapping": "{version: 2, interactions: }\n",
    "a comment at the end, indented, without a line end": TEXT + "  # by hand",
    "a flow list": HEAD.rstrip("\n") + " " + json.dumps(ASCII["interactions"]) + "  # by hand\nnotes: x\n",
    "a flow list that ends with a comma": HEAD
    + "  [\n  "
    + json.dumps(PLAIN["interactions"][0])
    + ", # by hand\n  ]\n",
    "flow items in a block list": HEAD + "".join(f"  - {json.dumps(each)}\n" for each in PLAIN["interactions"]),
    "an item removed": HEAD + ITEMS[0] + ITEMS[2],
    "the last item removed": HEAD + ITEMS[0] + ITEMS[1],
    "items in another order": HEAD + ITEMS[2] + ITEMS[0] + ITEMS[1],
    "ids by hand": HEAD + ITEMS[0].replace("id: 0", "id: 40") + ITEMS[1],
    "no ids": re.sub(r"  - id: \d+\n    request", "  - request", TEXT),
}
"""By what was done: all of it stays, and the new interaction is the last."""

EMPTY = {
    "null in JSON": '{"version":2,\n"interactions":null,\n"notes":"by hand"}\n',
    "as it was made": "---\nversion: 2\ninteractions: []\n",
    "with a comment": "# by hand\n---\nversion: 2\n# more\ninteractions: []  # none yet\n",
    "null": "version: 2\ninteractions:\n",
    "null with comments": "version: 2\ninteractions: # by hand\n# more\n",
    "a null word": "version: 2\ninteractions: ~\n",
    "crlf": "version: 2\r\ninteractions: []\r\n# by hand\r\n",
    "the list first": "interactions: []\nversion: 2\n",
    "without a line end": "version: 2\ninteractions: []",
    "brackets with a comment": "version: 2\ninteractions: [ # by hand\n  ]\nnotes: x\n",
    "brackets with blanks": "version: 2\ninteractions: [ ]\n",
}

REFUSED = {
    "a second cassette behind it": (TEXT + TEXT, "found a second document, expected one"),
    "a second document": (TEXT + "---\nnotes: by hand\n", "found a second document, expected one"),
    "a conflict": (TEXT + OURS + ITEMS[1] + "=======\n" + ITEMS[2] + THEIRS, "found a merge conflict"),
    "a conflict in an item": (
        TEXT.replace("        code: 200\n", f"{OURS}        code: 200\n=======\n        code: 201\n{THEIRS}"),
        "found a merge conflict",
    ),
    "a conflict in crlf": (
        (HEAD + OURS + ITEMS[0] + "=======\n" + ITEMS[1] + THEIRS).replace("\n", "\r\n"),
        "found a merge conflict",
    ),
    "an alias": (TEXT + "notes: &a x\nmore: *a\n", "expected no aliases"),
    "a tag on the list": ("version: 2\ninteractions: !!set {}\n", "expected a list"),
    "another version": (TEXT.replace("version: 2", "version: 1"), "expected 2"),
    "tabs": (TEXT.replace("        code", "\t\tcode"), "expected valid YAML"),
    "a key twice": (
        TEXT.replace("        code: 200", "        code: 200\n        code: 500"),
        "expected each key once",
    ),
    "a list with a tag of its own": ("version: 2\ninteractions: !mine []\n", "nothing can be added"),
    "an alias behind the list, crlf": ((TEXT + "notes: &a x\nmore: *a\n").replace("\n", "\r\n"), "expected no aliases"),
    "a broken key behind the list": (TEXT + "notes: [by\n", "expected valid YAML"),
}


def added(path: Path, text: str, *more: Recorded) -> bytes:
    """What the file is after a run that has added to it."""
    path.write_bytes(text.encode())
    store = Store(path)
    try:
        for each in (RECORDED, *more):
            written = store.append([each])
            assert written
            if isinstance(written[0], CassetteError):
                raise written[0]
    finally:
        store.close()
    return path.read_bytes()


def without_new(before: bytes, after: bytes) -> bytes:
    """What is after, but for as many bytes as were added where the two begin to differ."""
    same = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    tail = len(before) - same
    return after[:same] + (after[-tail:] if tail else b"")


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_every_byte_is_kept(tmp_path: Path, text: str) -> None:
    """Outside of the new block nothing changes; what was read is read again, and the new one behind it, with its timing."""
    path = tmp_path / "c.yaml"
    before = loads(text).interactions
    number = max((each.id for each in before), default=-1) + 1
    after = added(path, text, RECORDED)

    assert text.encode() == without_new(text.encode(), after)
    new = tuple(replace(NEW, id=number + n) for n in range(2))
    assert (*before, *new) == load(path).interactions
    timings = timing.load_beside(path, load(path).interactions)
    assert all(timings[each.id].fits(each.response.body) for each in new)
    if "\r\n" in text and "JSON" not in text:
        assert after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_cassette(tmp_path: Path, text: str) -> None:
    """Only the brackets, or the word for none, give way to the first item."""
    path = tmp_path / "c.yaml"
    after = added(path, text, RECORDED).decode()

    assert [0, 1] == [each.id for each in load(path).interactions]
    assert NEW.response == load(path).interactions[1].response
    kept = [line for line in re.sub(r" *\[\s*\]| ~|null", "", text).splitlines() if line.strip()]
    assert [line.rstrip() for line in kept if "[" not in line and '"i' not in line] == [
        line.rstrip() for line in after.splitlines() if line.rstrip() in [each.rstrip() for each in kept]
    ]


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_one_line_refuses(tmp_path: Path, text: str, says: str) -> None:
    """What cannot be added to without a change, or cannot be read, stays as it is, and nothing is left beside it."""
    path = tmp_path / "c.yaml"
    with pytest.raises(CassetteError, match=says) as e:
        added(path, text)

    assert "\n" not in str(e.value)
    assert text.encode() == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda each: each.name)
def test_rendered_elsewhere(tmp_path: Path, dialect: object) -> None:
    """A block that a worker has rendered in the file's dialect goes into a file of any style."""
    for name in ("crlf", "JSON in lines", "the list at column 3"):
        path = tmp_path / f"{name}.yaml"
        path.write_bytes(KEPT[name].encode())
        store = Store(path)
        block = writer.render_interaction(NEW, store.dialect).encode()
        rendered = Rendered(
            block=(block[:50], block[50:]), line=timing.dump_line(RECORDED.timing).encode(), size=1, chunks=1
        )
        store.append([replace(RECORDED, rendered=rendered)])
        store.close()
        last = load(path).interactions[-1]
        assert (NEW.request, NEW.response) == (last.request, last.response)


def test_json_keeps_to_json(tmp_path: Path) -> None:
    """A body that is not UTF-8 is refused by a JSON file; a flow list in YAML has it in base64."""
    odd = replace(RECORDED, interaction=replace(NEW, response=replace(NEW.response, body=b"\xff\x00")))
    with pytest.raises(CassetteError, match="found bytes that are not UTF-8, which JSON cannot say"):
        added(tmp_path / "a.yaml", KEPT["JSON"], odd)
    assert json.loads((tmp_path / "a.yaml").read_text())
    added(tmp_path / "b.yaml", KEPT["a flow list"], odd)
    assert b"\xff\x00" == load(tmp_path / "b.yaml").interactions[-1].response.body


@pytest.mark.parametrize("name", ["crlf", "JSON in lines", "a flow list", "a key behind the list"])
def test_rewritten_in_its_style(tmp_path: Path, name: str) -> None:
    """When a value is taken out of what this run has written, the rest stays as it is, line ends and all."""
    path = tmp_path / "c.yaml"
    path.write_bytes(KEPT[name].encode())
    store = Store(path)
    first = store.own_from
    store.append([RECORDED])
    before = path.read_bytes()

    def change(old, when):  # type: ignore[no-untyped-def]
        return replace(old, request=replace(old.request, url="https://example.com/erased")), when

    store.rewrite(change)
    store.append([RECORDED])
    store.close()
    after = path.read_bytes()
    assert KEPT[name].encode() == without_new(KEPT[name].encode(), after)
    assert len(before) < len(after)
    assert ["https://example.com/erased", NEW.request.url] == [
        each.request.url for each in load(path).interactions[first:]
    ]


def test_a_whole_new_list(tmp_path: Path) -> None:
    """One with more items than it was read with is not laid out by hand any more."""
    cassette = loads(KEPT["JSON"])
    longer = replace(cassette, interactions=(*cassette.interactions, replace(NEW, id=2)))
    assert longer.interactions == loads(dumps(longer)).interactions
    assert rewritten(cassette, 0, b"", lambda old, when: (old, when), REFERENCE).cassette == b""


def test_a_point_says_its_style() -> None:
    """Of a cassette that was read."""
    styles = {"crlf": Style.BLOCK, "JSON": Style.JSON, "a flow list": Style.FLOW}
    for name, style in styles.items():
        cassette = loads(KEPT[name])
        assert style == find_append_point(cassette, len(KEPT[name]), REFERENCE, "c")[0].style
