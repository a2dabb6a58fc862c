"""Files that are not what they are called: one line each, at once, in bounded memory."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, load, loads

HEAD = "version: 2\ninteractions:\n- request: {url: u, method: GET}\n  response: {code: 200}\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

TEXTS = [
    (HEAD + BOMB, "the alias *a, expected no aliases"),
    (HEAD + "x: &a [*a]\n", "the alias *a"),
    (HEAD.replace("{code: 200}", "&a {code: 200}\n  x: {<<: *a}"), "the alias *a"),
    (HEAD + "x: " + "[" * 100_000, "more than 64 levels"),
    (HEAD + "x: " + "{a: " * 100_000, "more than 64 levels"),
    (HEAD + "".join(f"{' ' * depth}a:\n" for depth in range(3000)), "more than 64 levels"),
    (HEAD.replace("- request", "- id: " + "9" * 100_000 + "\n  request"), "expected an integer"),
    (HEAD.replace("- request", "- id: 0x10\n  request"), "expected an integer"),
    (HEAD + "version: 2\n", "the key 'version' again"),
    (HEAD.replace("url: u", "url: u, url: v"), "the key 'url' again"),
    (HEAD.replace("url: u", "headers: {A: [b], A: [c]}, url: v"), "the key 'A' again"),
    (HEAD.replace("url: u", 'url: "a\0b"'), "unprintable character U+0000"),
    (HEAD.replace("code: 200", "code: 200, duration: " + "1" * 1_000_000), "expected a Go duration"),
    (HEAD + "x: !!python/object/apply:os.system [id]\n*x", "expected"),
    ("%YAML 9.9\n" + HEAD, "expected"),
    ("? " * 50_000, "expected"),
    ("- " * 50_000, "expected"),
]


@pytest.mark.parametrize(("text", "said"), TEXTS, ids=range(len(TEXTS)))
def test_hostile_texts(text: str, said: str) -> None:
    """Each is refused in one short line, within a second."""
    start = time.process_time()
    with pytest.raises(CassetteError) as caught:
        loads(text, file="c.yaml")

    assert time.process_time() - start < 1
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_other_encodings(coding: str) -> None:
    """Whatever is not UTF-8 is no cassette."""
    with pytest.raises(CassetteError):
        loads(HEAD.replace("url: u", "url: 'é'").encode(coding))


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(600 * 1024 * 1024)


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


FILES: list[tuple[str, Callable[[Path], None], str]] = [
    ("fifo", os.mkfifo, "a named pipe"),
    ("folder", Path.mkdir, "a folder"),
    ("zero", _link_to("/dev/zero"), "a device"),
    ("null", _link_to("/dev/null"), "a device"),
    ("terminal", _link_to("/dev/tty"), "a device"),
    ("large", _sparse, f"{600 * 1024 * 1024} bytes, expected at most"),
    ("loop", _link_to("loop"), "too many levels of symbolic links"),
    ("nowhere", _link_to("gone"), "no such file"),
]


@pytest.mark.parametrize(("name", "make", "said"), FILES, ids=[name for name, _, _ in FILES])
def test_hostile_files(tmp_path: Path, name: str, make: Callable[[Path], None], said: str) -> None:
    """`tapehead show` says what it is in one line, and neither waits nor takes memory for it."""
    make(tmp_path / name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CassetteError, match=said) as caught:
        load(tmp_path / name)

    assert str(caught.value).isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    """What it holds at some moment is read, or it is refused in one line: its last interaction may be torn."""
    path, done = tmp_path / "c.yaml", threading.Event()
    path.write_text("version: 2\ninteractions:\n")
    item = HEAD.partition("interactions:\n")[2].encode()

    def grow() -> None:
        with open(path, "ab", buffering=0) as file:
            for _ in range(20_000):
                if done.is_set():
                    return
                file.write(item[:40])
                file.write(item[40:])

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(10):
            try:
                load(path)
            except CassetteError as e:
                assert str(e).isprintable()  # noqa: PT017  either is right
    finally:
        done.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process took")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """A process that may take 256 MB more than it has reads each of the texts."""
    for number, (text, _) in enumerate(TEXTS):
        (tmp_path / f"{number}.yaml").write_text(text)
    code = (
        "import resource, sys, pathlib; from tapehead.cassette import load, CassetteError\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (256 << 20),) * 2)\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: load(path)\n"
        "    except CassetteError: pass\n"  # a last interaction that is wrong counts as torn
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
