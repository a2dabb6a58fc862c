"""The filter of calls, run by a small interpreter of its own language: which calls are shown, on which machine."""

import os
import struct

import pytest

from tapehead.sandbox import seccomp

ALLOWED, SHOWN = 0x7FFF0000, 0x7FC00000
X86, ARM = 0xC000003E, 0xC00000B7


def run(machine: str, architecture: int, number: int, *args: int) -> int:
    """What the filter returns for a call. linux/filter.h"""
    call = struct.pack("=iIQ6Q", number, architecture, 0, *args, *[0] * (6 - len(args)))
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    at: int = 0
    value: int = 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        match operation:
            case 0x20:
                (value,) = struct.unpack_from("=I", call, operand)
            case 0x15:
                at += if_true if value == operand else if_false
            case 0x06:
                return int(operand)


@pytest.mark.parametrize(
    ("machine", "architecture", "connect", "sendto", "sendmsg", "sendmmsg"),
    [("x86_64", X86, 42, 44, 46, 307), ("aarch64", ARM, 203, 206, 211, 269)],
)
def test_what_is_shown(machine: str, architecture: int, connect: int, sendto: int, sendmsg: int, sendmmsg: int) -> None:
    """Connecting; sending with an address, be it in the upper half of memory; messages without flags."""
    table = [
        (connect, (3, 1, 16), SHOWN),
        (sendto, (3, 1, 1, 0, 0, 0), ALLOWED),
        (sendto, (3, 1, 1, 0, 5, 16), SHOWN),
        (sendto, (3, 1, 1, 0, 5 << 32, 16), SHOWN),
        (sendmsg, (3, 1, 0), SHOWN),
        (sendmsg, (3, 1, 0x4000), ALLOWED),
        (sendmmsg, (3, 1, 2, 0), SHOWN),
        (sendmmsg, (3, 1, 0, 0x4000), ALLOWED),
        (0, (), ALLOWED),
        (59, (), ALLOWED),
    ]
    for number, args, expected in table:
        assert expected == run(machine, architecture, number, *args), (number, args)
        assert ALLOWED == run(machine, 0x40000003, number, *args), "another machine's numbers mean other calls"


def test_machines_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs run unwatched there, and it is said why."""
    machine = os.uname_result(("Linux", "", "", "", "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: machine)

    with pytest.raises(OSError, match="no table of system calls for riscv64"):
        seccomp.listener()


def test_what_shows_no_calls() -> None:
    """Nothing is received from it, and an answer goes nowhere."""
    with open(os.devnull) as nothing:
        assert seccomp.receive(nothing.fileno()) is None
        seccomp.answer(nothing.fileno(), seccomp.Call(1, 1, "connect", (0,) * 6))
