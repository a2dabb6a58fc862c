"""How the matrix puts a program behind tapehead: the one place that knows whether by the command or by mitmdump.

`DRIVERS` has them. `tapehead` is the real one, in `sandbox` it replays with no network at all; `mitmdump` sets by hand
what `tapehead` finds out by itself, and brings no payload into the programs, so that what needs one is pending there.
Knows no SDK.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.support.harness import Mitmdump

ROOT = Path(__file__).parents[3]
TIMEOUT = 120.0  # seconds, for a program and the proxy around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What a recording goes through: a proxy that is already there, and the authority behind it."""

    proxy: str
    """`""` when there is none."""
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A program to run: its cassette, its environment, and a folder of its own. Without `upstream` it is replayed."""

    command: Sequence[str]
    cassette: Path
    env: Mapping[str, str]
    folder: Path
    upstream: Upstream | None = None
    options: Sequence[str] = ()
    """Of the command, which `mitmdump` has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How it ended: `errors` has the program's and the proxy's."""

    code: int
    output: str
    errors: str


def by_tapehead(run: Run, *, replay: Sequence[str] = ()) -> Done:
    """`tapehead record|replay --cassette FILE -- PROGRAM`, with a corporate proxy's variables while recording."""
    words, more = ["replay", *replay], dict[str, str]()
    if run.upstream is not None:
        words, more = ["record"], {"SSL_CERT_FILE": str(run.upstream.ca)}
        more |= {"HTTPS_PROXY": run.upstream.proxy} if run.upstream.proxy else {}
    tapehead = Path(sys.executable).with_name("tapehead")
    command = [str(tapehead), *words, *run.options, "--cassette", str(run.cassette), "--", *run.command]
    return _execute(command, {**run.env, **more}, run.folder)


def in_sandbox(run: Run) -> Done:
    """The same, replayed where the proxy is the only way out."""
    return by_tapehead(run, replay=["--sandbox"])


def by_mitmdump(run: Run) -> Done:
    """The addons in a mitmdump, and every variable that a program may need."""
    script = "replay" if run.upstream is None else "record"
    with Mitmdump(
        ROOT / "addon" / f"{script}.py",
        confdir=run.folder / "conf",
        options={"cassette": str(run.cassette)},
        mode="regular" if run.upstream is None else f"upstream:{run.upstream.proxy}",
        trust=None if run.upstream is None else run.upstream.ca,
        env=run.env,
    ) as proxy:
        done = _execute(run.command, {**run.env, **_variables(proxy, run.folder)}, run.folder)
        code = proxy.stop()
    return Done(code=done.code or code, output=done.output, errors=f"{done.errors}{proxy.output}")


DRIVERS: Mapping[str, Callable[[Run], Done]] = {
    "tapehead": by_tapehead,
    "sandbox": in_sandbox,
    "mitmdump": by_mitmdump,
}


def default_driver() -> str:
    """The command, if it has the word `record` already."""
    from tapehead.cli.main import COMMANDS

    return "tapehead" if "record" in COMMANDS else "mitmdump"


def _execute(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Done:
    with subprocess.Popen(
        command,
        env=dict(env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # so that what it started ends with it
    ) as process:
        try:
            output, errors = process.communicate(timeout=TIMEOUT)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            output, errors = process.communicate()
            errors += f"\nstill ran after {TIMEOUT:g} s"
    return Done(code=process.returncode, output=output, errors=errors)


def _variables(proxy: Mitmdump, folder: Path) -> dict[str, str]:
    """What reaches every client that needs no payload."""
    ca = str(proxy.ca)
    store, ini, rc = folder / "trust.p12", folder / "php", folder / "wgetrc"
    password = b"changeit"
    certificates = [pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(proxy.ca.read_bytes()), b"tapehead")]
    store.write_bytes(pkcs12.serialize_java_truststore(certificates, BestAvailableEncryption(password)))
    ini.mkdir(exist_ok=True)
    (ini / "tapehead.ini").write_text(f"curl.cainfo={ca}\nopenssl.cafile={ca}\n")
    rc.write_text(f"ca_certificate = {ca}\n")
    java = [
        *(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort={proxy.port}" for scheme in ("http", "https")),
        f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={password.decode()}",
    ]
    addresses = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy.url)
    local = dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1")
    bundles = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {
        **addresses,
        **local,
        **dict.fromkeys(bundles, ca),
        "NODE_USE_ENV_PROXY": "1",
        "JAVA_TOOL_OPTIONS": " ".join(java),
        "PHP_INI_SCAN_DIR": f":{ini}",
        "WGETRC": str(rc),
    }
