"""`tapehead show --proto`: the names of fields, from a file and from what a server says of itself."""

import importlib.util
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps
from tapehead.cli.main import main
from tapehead.wire.protobuf import parse_protobuf, write_varint
from tests.unit.cli.test_named_fields import ASK
from tests.unit.wire.test_descriptor_set import SET

GRPC = {"Content-Type": ("application/grpc",)}


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


def within(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return bytes((number << 3 | 2,)) + write_varint(len(data)) + data


def interaction(id: int, path: str, asked: bytes, answered: bytes) -> Interaction:
    return Interaction(
        id=id,
        request=Request(method="POST", url=f"https://lab.example/{path}", headers=GRPC, body=asked),
        response=Response(code=200, status="200 OK", headers=GRPC, body=answered),
    )


def show(folder: Path, *arguments: object, more: tuple[Interaction, ...] = ()) -> Result:
    cassette = folder / "c.yaml"
    call = interaction(0, "lab.Talk/Chat", framed(ASK), framed(b"\x0a\x02hi"))
    cassette.write_bytes(dumps(Cassette(interactions=(call, *more))))
    return CliRunner().invoke(main, ["show", str(cassette), *map(str, arguments)])


def test_a_descriptor_set(tmp_path: Path) -> None:
    """Both bodies have names."""
    done = show(tmp_path, 0, "--proto", SET)
    assert 0 == done.exit_code
    assert "color: BLUE" in done.output
    assert 'said: "hi"' in done.output
    assert '1: "hi"' in show(tmp_path, 0).output


def test_reflection(tmp_path: Path) -> None:
    """What a server said of itself is used; what cannot be read of it is passed by."""
    (file,) = parse_protobuf(SET.read_bytes())
    assert isinstance(file.value, bytes)
    answer = within(4, within(1, file.value) + within(1, b"what"))
    said = interaction(
        1, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo", b"", framed(answer) + framed(b"\xff")
    )
    assert "color: BLUE" in show(tmp_path, 0, more=(said,)).output


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """Is told in a line."""
    assert "no such file" in show(tmp_path, 0, "--proto", tmp_path / "x.binpb").output.lower()
    assert "no such file" in show(tmp_path, 0, "--proto", tmp_path / "x.proto").output
    wrong = tmp_path / "wrong.binpb"
    wrong.write_bytes(b"what")
    done = show(tmp_path, 0, "--proto", wrong)
    assert 1 == done.exit_code
    assert "no descriptor set" in done.output
    assert 2 == show(tmp_path, "--proto", SET).exit_code


def test_a_proto_file(tmp_path: Path) -> None:
    """A compiler reads it; without one it is said what is needed."""
    done = show(tmp_path, 0, "--proto", SET.with_suffix(".proto"))
    if shutil.which("protoc") or importlib.util.find_spec("grpc_tools"):
        assert "color: BLUE" in done.output
    else:
        assert 1 == done.exit_code
        assert "`protoc` is needed" in done.output


def test_a_proto_file_that_is_wrong(tmp_path: Path) -> None:
    """What the compiler says is told."""
    if not (shutil.which("protoc") or importlib.util.find_spec("grpc_tools")):
        pytest.skip("no protoc")
    wrong = tmp_path / "wrong.proto"
    wrong.write_text("what")
    assert 1 == show(tmp_path, 0, "--proto", wrong).exit_code
