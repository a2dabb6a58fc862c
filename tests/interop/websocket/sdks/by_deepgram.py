"""Deepgram's SDK, live transcription: `by_deepgram.py wss://HOST:PORT/v1`."""

import sys
import threading

from deepgram import DeepgramClient
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment

BASE = sys.argv[1].removesuffix("/v1")
PLACES = DeepgramClientEnvironment(base=BASE, production=BASE, agent=BASE, agent_rest=BASE)

client = DeepgramClient(api_key="no-key-" * 5, environment=PLACES)
with client.listen.v1.connect(model="nova-3", encoding="linear16", sample_rate=16000) as connection:

    def said(message) -> None:
        if message.type == "Results":
            print(message.type, message.channel.alternatives[0].transcript, message.from_finalize)
        else:
            print(message.type, message.duration)

    connection.on(EventType.MESSAGE, said)
    connection.on(EventType.ERROR, lambda error: print("error", error))
    listening = threading.Thread(target=connection.start_listening)
    listening.start()
    for second in range(3):
        for part in range(4):
            connection.send_media(bytes([second, part]) * 4000)
    connection.send_finalize()
    connection.send_close_stream()
    listening.join(30)
print("closed", not listening.is_alive())
