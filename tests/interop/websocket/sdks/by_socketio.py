"""socket.io's client for Python, by polling and then a WebSocket, and by a WebSocket alone: `by_socketio.py URL`.

Each handler has a thread of its own: what came is printed sorted.
"""

import sys
import threading

import socketio

lines: list[str] = []


def say(*words: object) -> None:
    lines.append(" ".join(map(str, words)))


for transports in (None, ["websocket"]):
    client = socketio.Client()
    done = threading.Event()

    @client.on("token")
    def token(data) -> None:
        say("token", data["text"])

    @client.on("done")
    def on_done(data, done=done) -> None:
        say("done", data["count"])
        done.set()

    client.connect(sys.argv[1].replace("wss:", "https:").removesuffix("/v1"), transports=transports)
    say("acknowledged", client.call("ask", {"text": "one two three"}))
    say("in time", done.wait(20))
    say("bytes", client.call("sound", b"\x00\x01" * 500))
    client.disconnect()
print(*sorted(lines), sep="\n")
