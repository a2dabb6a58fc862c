"""Reads a JSON list of [from_client, event] and prints, a line each, those that the SDK's published types do not take."""

import json
import sys
from typing import Any

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import TypeAdapter, ValidationError

SIDES: dict[bool, Any] = {True: TypeAdapter(RealtimeClientEvent), False: TypeAdapter(RealtimeServerEvent)}

for from_client, event in json.load(sys.stdin):
    try:
        taken = SIDES[from_client].validate_python(event)
    except ValidationError as e:
        print(event["type"], str(e).replace("\n", " ")[:300])
    else:
        if taken.type != event["type"]:  # it fits another of the union
            print(event["type"], "is taken for", taken.type)
