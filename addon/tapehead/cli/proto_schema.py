"""Where the names of protobuf's fields come from: files that a person names, and what a server said of itself by reflection.

Knows files and a cassette's interactions; what descriptors say is `wire.descriptor_set`'s matter.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from tapehead.cassette.model import Interaction
from tapehead.cli.output import CommandFailed
from tapehead.matching.canonical_messages import message_payload
from tapehead.wire.descriptor_set import Schema, parse_descriptor_set, parse_descriptors
from tapehead.wire.message_frames import split_messages
from tapehead.wire.protobuf import BYTES, parse_protobuf

# grpc/reflection/v1/reflection.proto, and v1alpha, which has the same numbers.
_REFLECTION = ("grpc.reflection.v1.ServerReflection/", "grpc.reflection.v1alpha.ServerReflection/")
_FILES, _FILE = 4, 1
_LONGEST = 60  # seconds that a compiler may take


def schema_of_files(paths: Iterable[Path]) -> Schema:
    """Returns what descriptor sets say, and `.proto` files, which a compiler reads. Raises CommandFailed."""
    schema = Schema()
    for path in paths:
        try:
            schema |= parse_descriptor_set(_compiled(path) if path.suffix == ".proto" else path.read_bytes())
        except OSError as e:
            raise CommandFailed(f"{path}: {e.strerror}") from e
        except ValueError as e:
            raise CommandFailed(f"{path}: no descriptor set of protobuf ({e})") from e
    return schema


def schema_of_reflection(interactions: Iterable[Interaction]) -> Schema:
    """Returns what servers said of themselves while they were recorded."""
    files: list[bytes] = []
    for each in interactions:
        if not method_of(each.request.url).startswith(_REFLECTION):
            continue
        for frame in split_messages("application/grpc", each.response.body):
            try:
                said = parse_protobuf(message_payload(frame))
                inner = [
                    parse_protobuf(one.value) for one in said if one.number == _FILES and isinstance(one.value, bytes)
                ]
            except ValueError:
                continue
            files += [
                one.value
                for fields in inner
                for one in fields
                if one.number == _FILE and one.wire == BYTES and isinstance(one.value, bytes)
            ]
    schema = Schema()
    for file in files:
        try:
            schema |= parse_descriptors([file])
        except ValueError:
            continue
    return schema


def method_of(url: str) -> str:
    """Returns the method that a URL calls, as schemas name it."""
    return "/".join(urlsplit(url).path.rsplit("/", 2)[1:])


def _compiled(path: Path) -> bytes:
    if not path.is_file():
        raise CommandFailed(f"{path}: there is no such file")
    protoc = shutil.which("protoc")
    if protoc:
        command = [protoc]
    elif importlib.util.find_spec("grpc_tools"):
        command = [sys.executable, "-m", "grpc_tools.protoc"]
    else:
        raise CommandFailed(
            f"{path}: to read it `protoc` is needed, or the Python package grpcio-tools; "
            "or name what `protoc --include_imports --descriptor_set_out=FILE` makes of it"
        )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "set"
        options = ["--include_imports", f"--descriptor_set_out={made}", f"--proto_path={path.parent}"]
        done = subprocess.run(
            [*command, *options, str(path)], capture_output=True, text=True, timeout=_LONGEST, check=False
        )
        if done.returncode:
            raise CommandFailed(f"{path}: {(done.stderr.strip().splitlines() or ['protoc failed'])[-1]}")
        return made.read_bytes()
