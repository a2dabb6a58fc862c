"""ElevenLabs' SDK, speech from text that comes in pieces: `by_elevenlabs.py wss://HOST:PORT/v1`."""

import sys

from elevenlabs.client import ElevenLabs

BASE = sys.argv[1].removesuffix("/v1").replace("wss:", "https:")
client = ElevenLabs(base_url=BASE, api_key="no-key-" * 5)
text = iter(["Hello there, ", "how are you? ", "I am ", "fine."])
sound = b""
for each in client.text_to_speech.convert_realtime("voice", text=text, model_id="eleven_flash"):
    sound += each
for word in sound.decode().split(" "):
    print(word)
