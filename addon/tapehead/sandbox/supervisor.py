"""The sandbox's supervisor: a small process between tapehead and the command, outside of the network it makes.

Run by `sandbox` as `main(control, request)`. It makes the namespace in a child that becomes the command, hands the
sockets that listen inside to tapehead, watches what is tried, and sees to it that nothing outlives the sandbox: what
the command leaves behind, and everything when tapehead is killed. A process of its own, so that a program's connects
do not wait for the proxy, and a kill of the proxy finds somebody left to clean up. Imports little: it is waited for.
"""

import ctypes
import errno
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tapehead.sandbox import descriptors, namespace, processes, resolver, seccomp
from tapehead.sandbox.messages import MAX_DESCRIPTORS, StartRequest, receive, send
from tapehead.sandbox.monitor import ConnectionAttempt, Monitor, parse_dns_question

# Of the terminal's and its users' signals; they are the command's matter, which gets them as well.
LEFT_TO_THE_COMMAND = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
_CHANGED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
GRACE = 0.5  # seconds that what a command leaves behind has to end
_ROUNDS = 500  # of killing, 10 ms each, at most


def main(control: int, request: int) -> None:
    """Keeps one sandbox. `control` is a socket to tapehead, `request` a file with what it asks for."""
    inherited = {number: signal.getsignal(number) for number in LEFT_TO_THE_COMMAND}
    for number in LEFT_TO_THE_COMMAND:
        signal.signal(number, signal.SIG_IGN)
    os.set_inheritable(control, False)
    descriptors.reserve()
    with open(request, "rb") as file:
        asked = StartRequest.load(file)
    signal.pthread_sigmask(signal.SIG_SETMASK, asked.mask)
    Supervisor(socket.socket(fileno=control), asked, inherited).run()


class Supervisor:
    """The command's parent, from before it is there until nothing of it is left."""

    def __init__(self, control: socket.socket, request: StartRequest, inherited: dict[signal.Signals, Any]) -> None:
        self._control = control
        self._request = request
        self._inherited = inherited
        self._resolv = resolver.parse_resolv_conf(_read("/etc/resolv.conf"))
        self._here = tuple(dict.fromkeys((*self._resolv.servers, *namespace.own_addresses())))
        self._monitor = Monitor(self._note, here=self._here, ways=request.ports)
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._command = 0
        self._status: int | None = None
        self._deadline = self._give_up = 0.0

    def run(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        wake, woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if not self._start():
            return
        self._detach()
        self._on(wake, partial(self._woken, wake))
        self._on(self._control.fileno(), self._told)
        self._reap()
        while not self._done():
            left = max(0, self._deadline - time.monotonic()) if self._deadline else 60
            for descriptor, events in self._poll.poll(left * 1000):
                if descriptor in self._handlers:
                    self._handlers[descriptor](events)
        send(self._control, "ended", self._status)

    def _start(self) -> bool:
        """Makes the namespace and the command in it, by the first way that works; tells tapehead how it went."""
        failure = OSError()
        for way in namespace.WAYS:
            mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            pid = os.fork()
            if not pid:
                mine.close()
                try:
                    self._exec_child(way, theirs)
                finally:
                    os._exit(127)  # whatever happens, there is one supervisor
            theirs.close()
            with mine:
                match self._supervise(pid, way, mine):
                    case OSError() as e:
                        failure = failure if failure.errno else e
                        os.waitpid(pid, 0)
                    case started:
                        return started
        send(self._control, "refused", namespace.reason(failure))
        return False

    def _supervise(self, pid: int, way: int, child: socket.socket) -> bool | OSError:
        """The supervisor's part while its child becomes the command; the error if there can be no namespace this way."""
        entrances: list[int] = []
        ports: list[int] = []
        blind = ""
        while True:
            message, fds = receive(child, MAX_DESCRIPTORS)
            match message:
                case ("entered",):
                    try:
                        if way & namespace.NEW_USER:
                            namespace.write_maps(pid)
                    except OSError as e:
                        send(child, "stop")
                        return e
                    send(self._control, "network", processes.network(pid))
                    send(child, "go on")
                case ("refused", code, said):
                    return OSError(code, said)
                case ("furnished", ports, servers):
                    entrances = fds[: len(ports)]
                    self._hear(fds[len(ports) :])
                    blind = "" if servers else "its name server's port cannot be had inside"
                case ("shown",):
                    self._look(fds[0])
                case ("hidden", said):
                    blind = said
                case ("port taken" | "no command" as what, *details):
                    os.waitpid(pid, 0)
                    send(self._control, what, *details)
                    return False
                case ():  # the command is executed, and with it the socket's other end closed
                    break
        if self._request.command is None:
            os.waitpid(pid, 0)
            send(self._control, "possible")
            return False
        self._command = pid
        send(self._control, "running", pid, ports, blind, fds=entrances)
        for descriptor in entrances:
            os.close(descriptor)
        return True

    def _exec_child(self, way: int, supervisor: socket.socket) -> None:
        """The child's part: enters the namespace, and becomes the command. Returns only when it cannot."""
        try:
            namespace.enter(way)
            send(supervisor, "entered")
            if receive(supervisor)[0] != ("go on",):
                return
            namespace.configure(self._here)
        except OSError as e:
            send(supervisor, "refused", e.errno or 0, e.strerror or str(e))
            return
        if self._request.command is None:
            return
        try:
            entrances = namespace.listeners(self._request.ports)
        except namespace.PortError as e:
            send(supervisor, "port taken", *e.args)
            return
        servers = namespace.name_servers(self._resolv.servers)
        fds = [entrance.fileno() for entrance in (*(socket_ for _, socket_ in entrances), *servers)]
        send(supervisor, "furnished", [port for port, _ in entrances], len(servers), fds=fds)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for number, handler in self._inherited.items():
            signal.signal(number, signal.SIG_IGN if handler == signal.SIG_IGN else signal.SIG_DFL)
        for number in (*_CHANGED_BY_PYTHON, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        try:
            send(supervisor, "shown", fds=[seccomp.listener()])
        except OSError as e:
            send(supervisor, "hidden", f"the kernel shows no calls ({e.strerror})")
        name, *_ = self._request.command
        try:
            os.execvpe(name, self._request.command, self._request.env)  # noqa: S606
        except OSError as e:
            folders = self._request.env.get(b"PATH", os.fsencode(os.defpath)).split(b":")
            # A folder on the PATH that may not be looked into hides nothing: a shell says "not found" too.
            absent = b"/" not in name and not any(os.path.exists(os.path.join(folder, name)) for folder in folders)
            code = errno.ENOENT if absent else e.errno or 0
            send(supervisor, "no command", code, os.strerror(code), name)

    def _note(self, attempt: ConnectionAttempt) -> None:
        send(self._control, "attempt", *attempt)

    def _hear(self, servers: list[int]) -> None:
        for descriptor in servers:
            server = socket.socket(fileno=descriptor)
            server.setblocking(False)
            self._on(descriptor, partial(self._answer, server))

    def _answer(self, server: socket.socket, _: int) -> None:
        try:
            packet, sender = server.recvfrom(4096)
            if name := parse_dns_question(packet, self._resolv.search):
                self._monitor.question(name, sender[1])
            if reply := resolver.reply(packet):
                server.sendto(reply, sender)
        except Exception:  # as above; who asked will ask again, or time out
            return

    def _look(self, shown: int) -> None:
        self._on(shown, partial(self._call, shown))

    def _call(self, shown: int, events: int) -> None:
        if not events & select.POLLIN:  # nobody is left whose calls could be shown
            self._off(shown)
        elif call := seccomp.receive(shown):
            try:
                error = self._monitor.call(call)
            except Exception:  # a program never ends because it was looked at
                error = 0
            seccomp.answer(shown, call, error)

    def _detach(self) -> None:
        """Lets go of the terminal and the pipes, whose other ends wait for the command's end."""
        with open(os.devnull, "r+b") as nothing:
            for descriptor in range(3):
                os.dup2(nothing.fileno(), descriptor)

    def _told(self, _: int) -> None:
        """What tapehead says: a signal for the command. Its silence: it is gone, and so is all of this."""
        match receive(self._control)[0]:
            case ("signal", number):
                if self._status is None:
                    os.kill(self._command, number)
            case ():
                self._off(self._control.fileno())
                for _ in range(_ROUNDS):
                    if not self._signal_all(signal.SIGKILL) or self._reap():
                        break
                    time.sleep(0.01)

    def _woken(self, wake: int, _: int) -> None:
        os.read(wake, 512)
        self._reap()

    def _reap(self) -> bool:
        """Takes note of who has ended. When the command has, what it left behind is asked to. True: nobody is left."""
        left_behind = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == self._command:
                self._status = status
                self._deadline = time.monotonic() + GRACE
                self._give_up = self._deadline + GRACE
                left_behind = True
            if not pid:
                if left_behind:
                    self._signal_all(signal.SIGTERM)
                return False

    def _done(self) -> bool:
        """Whether nobody is left. Past the deadline those who are get killed."""
        if self._status is None:
            return False
        if self._reap():
            return True
        if time.monotonic() >= self._give_up:
            return True  # another user's, which we may not kill
        if time.monotonic() >= self._deadline:
            self._signal_all(signal.SIGKILL)
            self._deadline = time.monotonic() + 0.01
        return False

    def _signal_all(self, number: signal.Signals) -> bool:
        """Sends a signal to all that descends from the command: orphans become the supervisor's own children."""
        found = processes.descendants(os.getpid())
        for pid in found:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue  # ended meanwhile; or it became another user
        return bool(found)

    def _on(self, descriptor: int, handler: Callable[[int], None]) -> None:
        self._poll.register(descriptor, select.POLLIN)
        self._handlers[descriptor] = handler

    def _off(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        del self._handlers[descriptor]


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
