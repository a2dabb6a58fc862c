"""A registry of Python, npm, Go and cargo with one package each, made of bytes: for real package managers on loopback."""

import base64
import contextlib
import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NAME, VERSION = "tiny", "1.0.0"
MODULE = "example.test/tiny"


@dataclass(slots=True)
class Registry:
    """One that serves."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""


@contextlib.contextmanager
def registry(host: str) -> Iterator[Registry]:
    """Serve until the block is left, under `http://HOST`, in a thread. What it does not have is a 404."""
    files, serving = _files(f"http://{host}"), Registry()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            serving.asked.append(path)
            kind, body = files.get(path, ("text/plain", b""))
            self.send_response(200 if path in files else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        serving.port = server.server_port
        try:
            yield serving
        finally:
            server.shutdown()


def _files(url: str) -> Mapping[str, tuple[str, bytes]]:
    wheel, tgz, crate = _wheel(), _tgz("package", {"package.json": _json({"name": NAME, "version": VERSION})}), _crate()
    versions = {
        VERSION: {
            "name": NAME,
            "version": VERSION,
            "dist": {"tarball": f"{url}/npm/{NAME}/-/{NAME}-{VERSION}.tgz", "integrity": f"sha512-{_sha512(tgz)}"},
        }
    }
    entry: dict[str, object] = {"name": NAME, "vers": VERSION, "deps": [], "cksum": hashlib.sha256(crate).hexdigest()}
    entry |= {"features": {}, "yanked": False}
    wheel_name = f"{NAME}-{VERSION}-py3-none-any.whl"
    go = f"/go/{MODULE}/@v"
    return {
        f"/pypi/simple/{NAME}": ("text/html", f'<a href="{url}/files/{wheel_name}">{wheel_name}</a>'.encode()),
        f"/files/{wheel_name}": ("application/octet-stream", wheel),
        f"/npm/{NAME}": (
            "application/json",
            _json({"name": NAME, "dist-tags": {"latest": VERSION}, "versions": versions}),
        ),
        f"/npm/{NAME}/-/{NAME}-{VERSION}.tgz": ("application/octet-stream", tgz),
        f"{go}/list": ("text/plain", b"v1.0.0\n"),
        f"{go}/v{VERSION}.info": ("application/json", _json({"Version": f"v{VERSION}"})),
        f"{go}/v{VERSION}.mod": ("text/plain", f"module {MODULE}\n".encode()),
        f"{go}/v{VERSION}.zip": ("application/zip", _zip({f"{MODULE}@v{VERSION}/{n}": t for n, t in _GO.items()})),
        "/cargo/config.json": ("application/json", _json({"dl": f"{url}/crates"})),
        f"/cargo/ti/ny/{NAME}": ("text/plain", _json(entry) + b"\n"),
        f"/crates/{NAME}/{VERSION}/download": ("application/gzip", crate),
    }


_GO = {"go.mod": f"module {MODULE}\n", "tiny.go": "package tiny\n"}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _sha512(data: bytes) -> str:
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


def _wheel() -> bytes:
    info = f"{NAME}-{VERSION}.dist-info"
    return _zip(
        {
            f"{NAME}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": f"{NAME}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
        }
    )


def _crate() -> bytes:
    manifest = f'[package]\nname = "{NAME}"\nversion = "{VERSION}"\nedition = "2021"\n'
    return _tgz(f"{NAME}-{VERSION}", {"Cargo.toml": manifest.encode(), "src/lib.rs": b""})


def _zip(files: Mapping[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def _tgz(folder: str, files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()
