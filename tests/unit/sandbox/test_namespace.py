"""What is said where namespaces are forbidden, and which addresses mean this machine. The rest runs in test_sandbox."""

import errno
import socket
from pathlib import Path

import pytest

from tapehead.sandbox import namespace

REFUSED = OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A system whose settings are files here, and which is no container."""
    moved = [(str(tmp_path / Path(path).name), value, said) for path, value, said in namespace._SETTINGS]
    monkeypatch.setattr(namespace, "_SETTINGS", moved)
    monkeypatch.setattr(namespace, "_CONTAINERS", (str(tmp_path / "container"),))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone is 0: set it to 1"),
        ("max_user_namespaces", "0\n", "user.max_user_namespaces is 0: raise it"),
        ("apparmor_restrict_unprivileged_userns", "1\n", "AppArmor restricts user namespaces"),
        ("container", "", "this container forbids namespaces: start it with --security-opt seccomp=unconfined"),
        ("nothing", "", "the kernel refuses a network namespace (Operation not permitted)"),
        ("max_user_namespaces", "15000\n", "the kernel refuses a network namespace"),
    ],
)
def test_reasons(settings: Path, name: str, value: str, said: str) -> None:
    """The setting that forbids it, the container, or what the kernel said; in a line, with what to do."""
    (settings / name).write_text(value)

    reason = namespace.reason(REFUSED)

    assert reason.startswith(said)
    assert "\n" not in reason


def test_a_kernel_without_namespaces(settings: Path) -> None:
    """Nothing can be done about it, but for another kernel."""
    said = namespace.reason(OSError(errno.EINVAL, "Invalid argument"))

    assert "this kernel was built without user or network namespaces" == said


def test_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hosts file's, for this machine's name alone."""
    text = "127.0.0.1 localhost\n10.0.0.9 me.example me # me\n# 10.0.0.8 me\n\n::1 localhost me\nfe80::1%eth0 me\n"
    monkeypatch.setattr(socket, "gethostname", lambda: "me")
    monkeypatch.setattr(Path, "read_text", lambda *_: text)

    assert ["10.0.0.9", "::1"] == list(namespace.own_addresses())


def test_entrances() -> None:
    """A port that is taken is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(namespace.PortError) as raised:
            namespace.listeners([port])

    assert port == raised.value.args[0]
    for number, entrance in namespace.listeners([port]):
        assert number == entrance.getsockname()[1] == port
        entrance.close()


def test_name_servers_as_far_as_they_can_be_had() -> None:
    """An address that is not ours is passed over."""
    assert [] == namespace.name_servers(["203.0.113.7", "2001:db8::7"])


def test_a_way_that_does_not_exist() -> None:
    """The kernel's word, as an error."""
    with pytest.raises(OSError, match="Invalid argument"):
        namespace.enter(1)
