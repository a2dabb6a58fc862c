"""System calls of a program are shown to its supervisor before they run: seccomp's user notification, by ctypes.

Knows which calls are shown and how to read their arguments. What they mean is `monitor`'s matter. Nothing is forbidden
here: the network namespace does that, and a program that hides from this filter still reaches nothing.
"""

import ctypes
import errno
import fcntl
import os
import struct
from typing import NamedTuple

# linux/audit.h and the tables of system calls; elsewhere programs run unwatched.
_MACHINES = {
    "x86_64": (0xC000003E, 317, {"connect": 42, "sendto": 44, "sendmsg": 46, "sendmmsg": 307}),
    "aarch64": (0xC00000B7, 277, {"connect": 203, "sendto": 206, "sendmsg": 211, "sendmmsg": 269}),
}
# When a call is shown: always; when an argument is not zero (an address is given: not for what is connected); or when
# it is. Flags of zero are how UDP libraries send, while D-Bus, Wayland and browsers' own channels pass MSG_NOSIGNAL:
# a stop at each of their messages would cost 30 µs.
_SHOWN = {"connect": None, "sendto": (4, "given"), "sendmsg": (2, "zero"), "sendmmsg": (3, "zero")}

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h: LD|W|ABS, JMP|JEQ|K, RET|K
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_SET_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 3, 1 << 5
_PR_SET_NO_NEW_PRIVS = 38
_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctls on the listener
_CONTINUE = 1
_CALL = struct.Struct("=QIIiIQ6Q")  # struct seccomp_notif: id, pid, flags, and struct seccomp_data


class Call(NamedTuple):
    """One call that waits for its answer; `thread` made it."""

    id: int
    thread: int
    name: str
    args: tuple[int, ...]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def program(machine: str) -> bytes:
    """Returns the filter as struct sock_filter[]. Raises KeyError for a machine that is not in the table."""
    architecture, _, numbers = _MACHINES[machine]
    allow, notify = _instruction(_RETURN, _ALLOW), _instruction(_RETURN, _NOTIFY)
    code = _instruction(_LOAD, 4) + _instruction(_EQUAL, architecture, 1, 0) + allow + _instruction(_LOAD, 0)
    for name, number in numbers.items():
        match _SHOWN[name]:
            case (argument, wanted):
                low = 16 + 8 * argument
                zero, given = (notify, allow) if wanted == "zero" else (allow, notify)
                block = _instruction(_LOAD, low) + _instruction(_EQUAL, 0, 0, 2)
                block += _instruction(_LOAD, low + 4) + _instruction(_EQUAL, 0, 1, 0) + given + zero
            case _:
                block = notify
        code += _instruction(_EQUAL, number, 0, len(block) // 8) + block
    return code + allow


def listener() -> int:
    """Puts the filter on this thread and all that it will start. Returns the descriptor where calls are shown.

    Raises OSError where that cannot be done.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    code = program(machine)
    text = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(text))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    last = 0
    # Without privileges in the namespace the filter needs no_new_privs. Killable waits came with Linux 5.19.
    for more_flags, no_new_privileges in ((_WAIT_KILLABLE, False), (0, False), (_WAIT_KILLABLE, True), (0, True)):
        if no_new_privileges:
            libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        made: int = libc.syscall(_MACHINES[machine][1], _SET_FILTER, _NEW_LISTENER | more_flags, header)
        if made >= 0:
            return made
        last = ctypes.get_errno()
    raise OSError(last, os.strerror(last))


def receive(descriptor: int) -> Call | None:
    """Returns the next call that waits; None when its thread was killed meanwhile."""
    buffer = bytearray(_CALL.size)
    try:
        fcntl.ioctl(descriptor, _RECEIVE, buffer)
    except OSError:
        return None
    id_, thread, _, number, _, _, *args = _CALL.unpack(buffer)
    names = {number: name for name, number in _MACHINES[os.uname().machine][2].items()}
    return Call(id_, thread, names.get(number, ""), tuple(args))


def answer(descriptor: int, call: Call, error: int = 0) -> None:
    """Lets the call run as if nothing had been, or fail with an errno."""
    response = struct.pack("=QqiI", call.id, 0, -error, 0 if error else _CONTINUE)
    try:
        fcntl.ioctl(descriptor, _SEND, response)
    except OSError:
        return  # killed, or interrupted by a signal: the kernel shows the call again


def address(call: Call) -> bytes:
    """Returns the socket address that a call names, as the kernel's struct sockaddr; b"" for none.

    Raises OSError, OverflowError or struct.error when the thread is gone, or what it names is no address.
    """
    where, length = 0, 0
    memory = os.open(f"/proc/{call.thread}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        match call.name:
            case "connect":
                where, length = call.args[1:3]
            case "sendto":
                where, length = call.args[4:6]
            case "sendmsg" | "sendmmsg":  # of several messages the first
                where, length = struct.unpack("=QI", os.pread(memory, 12, call.args[1]))
        return os.pread(memory, min(length & 0xFFFFFFFF, 128), where) if where else b""
    finally:
        os.close(memory)
