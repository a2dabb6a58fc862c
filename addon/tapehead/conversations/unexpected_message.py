"""What a client said that it did not say while a conversation was recorded, in words. Pure."""

from dataclasses import replace

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.conversations.conversation_script import Unexpected
from tapehead.explain.advice import FIX_PROGRAM, RECORD_ANEW
from tapehead.explain.explainer import explain
from tapehead.explain.explanation import Explanation

KIND = "message"
_ADVICE = (RECORD_ANEW, FIX_PROGRAM)
_NOBODY = Response(code=0, status="")
MAX_REASON = 123
"""Bytes of what a close can say (RFC 6455, 5.5)."""


def explain_message(unexpected: Unexpected, request: Request, number: int) -> Explanation:
    """Returns why a message is not the recorded one; `request` began the conversation, interaction `number`."""
    if unexpected.is_audio:
        headline = f"interaction {number}: the sound that the client sends differs from byte {unexpected.number} on"
        return Explanation(kind=KIND, request=request, headline=headline, advice=_ADVICE)
    which = f"interaction {number}: message {unexpected.number} of the client"
    if not unexpected.expected:
        headline = f"{which}: nothing more was recorded of it"
        return Explanation(kind=KIND, request=request, headline=headline, advice=_ADVICE)
    recorded = [
        Interaction(id=number, request=replace(request, body=each.recorded), response=_NOBODY)
        for each in unexpected.expected
    ]
    live = replace(request, body=unexpected.expected[0].live)
    why = explain(live, recorded)
    told = why.near[0].told
    difference = told[0].text if told else "it was sent in another form (text or bytes)"
    more = f" (the first of {why.near[0].differences})" if why.near[0].count > 1 else ""
    ignoring = [each for each in why.advice if each.action == "ignore"]
    return replace(
        why, kind=KIND, headline=f"{which}: {difference}{more}", near=why.near[:1], advice=(*ignoring, *_ADVICE)
    )


def explain_silence(missing: int, unsaid: int, request: Request, number: int) -> Explanation:
    """Returns that a client left without saying what it said then, and so never got what the server said to that."""
    headline = (
        f"interaction {number}: the client left without {_counted(missing)} that it sent while this was recorded, "
        f"so that {_counted(unsaid)} of the server's never came"
    )
    return Explanation(kind=KIND, request=request, headline=headline, advice=_ADVICE)


def closing_words(why: Explanation) -> str:
    """Returns what a close says of it, no longer than that can be."""
    text = f"tapehead: {why.headline}"
    if len(text.encode()) <= MAX_REASON:
        return text
    return text.encode()[: MAX_REASON - 3].decode(errors="ignore") + "…"


def _counted(number: int) -> str:
    return "a message" if number == 1 else f"{number} messages"
