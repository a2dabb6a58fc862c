"""Hooks that answer a request before it ends: from an interaction whose messages came by turns, as far as it goes on so.

A request that a plain interaction may answer is left alone until its end. Knows one session; how a whole request is answered,
and a miss told, is `player`'s.
"""

import enum
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from mitmproxy import http

from tapehead.cassette.frame_order import END
from tapehead.cassette.model import Interaction, Request
from tapehead.conversations.duplex_script import DuplexScript, Steps, delays_of, needs_of
from tapehead.conversations.recorded_conversation import (
    content_type_of,
    head_of,
    in_frames,
    is_over,
    messages_from,
    only_message,
    steps_of,
)
from tapehead.exchange.error_responses import end_of_stream
from tapehead.exchange.flows import header, trailers_of
from tapehead.matching.canonical_messages import canonical_message
from tapehead.matching.index import Index
from tapehead.matching.key import request_key
from tapehead.matching.live import LiveRequest
from tapehead.matching.match_candidate import MatchCandidate
from tapehead.matching.miss import Miss, MissKind
from tapehead.matching.normalize import normalize_request
from tapehead.matching.templates import generic_request
from tapehead.mitm.duplex_stream import OpenRequest, open_request
from tapehead.mitm.paced_response import PacedResponse
from tapehead.replaying.player import Player
from tapehead.text.placeholder_names import generic, has_placeholder
from tapehead.wire.message_frames import split_messages, splitter_of

logger = logging.getLogger(__name__)

_NEVER_ENDED = "the request did not end, and nothing recorded answers it before its end"


class OpenAnswer(enum.Enum):
    """What becomes of a request that has not ended."""

    ANSWERED = enum.auto()
    WAITS = enum.auto()
    """Something may answer it once more of it has come."""
    NOBODY = enum.auto()


class DuplexPlayer:
    """Answers requests that have not ended from a cassette."""

    def __init__(self, player: Player, index: Index) -> None:
        """Takes what answers whole requests, and what it answers from."""
        self._player = player
        self._index = index
        self._heads: dict[int, tuple[Interaction, bytes]] = {}
        """By place: an interaction, and the key of its request without its body."""
        self._messages: dict[int, tuple[Interaction, list[bytes]]] = {}
        """By place: the messages of its request in one spelling."""

    def __repr__(self) -> str:
        return f"<DuplexPlayer {self._index!r}>"

    async def answer(self, flow: http.HTTPFlow, opened: OpenRequest) -> OpenAnswer:
        """Answers if something does, and says whether something might when more has come."""
        asked = await self._player.request(flow, b"".join(opened.frames))
        live = self._spelt(asked.redacted)
        if opened.may_speak:  # several may begin with a head alone: which one it is, its first message tells
            return OpenAnswer.WAITS
        waits = False
        for candidate in self._of_same_head(asked):
            if waits and not live:  # only the next in order may answer a client that has said nothing
                break
            recorded = self._recorded_messages(candidate)
            steps = steps_of(candidate.interaction)
            if recorded[: len(live)] != live and not (steps and is_over(steps) and live[: len(recorded)] == recorded):
                continue
            if steps is None:
                waits = True
                continue
            if await self._begin(flow, opened, asked, candidate, steps):
                return OpenAnswer.ANSWERED
            waits = True
        return OpenAnswer.WAITS if waits else OpenAnswer.NOBODY

    async def miss(self, flow: http.HTTPFlow, opened: OpenRequest) -> None:
        """Answers that nothing goes on as the request does; or with what would answer it if it ended here."""
        asked = await self._player.request(flow, b"".join(opened.frames))
        await self._player.have_keys(asked)
        found = self._index.answer(asked, self._player.config.repeat.of(flow))
        if not isinstance(found, Miss):
            await self._player.answer(flow, asked, found)
            return
        live = self._spelt(asked.redacted)
        if used := self._used(asked, live):
            found = Miss(
                kind=MissKind.USED, interactions=tuple(each for each, _ in used), used_by=tuple(n for _, n in used)
            )
        await self._player.misses.miss(flow, asked, found, among=self._as_far(asked, len(live)))

    async def left(self, flow: http.HTTPFlow, opened: OpenRequest) -> None:
        """Puts down a request whose client left before it was answered: it did so while recording, or it is a miss."""
        asked = await self._player.request(flow, b"".join(opened.frames))
        live = self._spelt(asked.redacted)
        for candidate in self._of_same_head(asked):
            recorded = self._recorded_messages(candidate)
            both = min(len(recorded), len(live))  # how far it got is a matter of time
            if candidate.interaction.id < 0 and recorded[:both] == live[:both]:
                self._index.claim_for_open(candidate)
                await self._player.answer(flow, asked, candidate)
                return
        nothing = Miss(kind=MissKind.UNKNOWN)
        await self._player.misses.miss(flow, asked, nothing, among=self._as_far(asked, len(live)), lead=_NEVER_ENDED)

    async def broken(self, flow: http.HTTPFlow) -> None:
        """Puts down that a conversation did not go on as recorded, and makes the end of its answer."""
        opened = open_request(flow)
        assert opened
        script, interaction, candidate = opened.conversation
        response = flow.response
        assert isinstance(script, DuplexScript)
        assert isinstance(response, PacedResponse)
        if self._goes_on_as_another(flow, opened, response, script, candidate):
            return
        number = len(script.came)
        request = only_message(self._player.redacted(flow, script.differs), number, 0)
        live = LiveRequest(request, self._player.config.rules, redacted=request)
        recorded = replace(interaction, request=only_message(interaction.request, number, number))
        told = await self._player.misses.miss(
            flow, live, Miss(kind=MissKind.UNKNOWN), among=[recorded], lead=script.broken, was_replayed=True
        )
        flow.response = response
        response.tail, response.trailers = end_of_stream(header(flow.request, b"content-type"), told)

    async def _begin(
        self, flow: http.HTTPFlow, opened: OpenRequest, asked: LiveRequest, candidate: MatchCandidate, steps: Steps
    ) -> bool:
        """Begins to answer, if something of the answer may go by now."""
        interaction = candidate.interaction
        frames = split_messages(content_type_of(interaction.response.headers), interaction.response.body)
        sizes = [len(each) for each in frames]
        if needs_of(steps, sizes, sizes)[0] > len(opened.frames):
            return False
        recorded = self._recorded_messages(candidate)
        self._index.claim_for_open(candidate)
        await self._player.answer(flow, asked, candidate)
        response = flow.response
        assert isinstance(response, PacedResponse)
        timing = self._player.timing_of(interaction)
        if timing is None or not timing.fits(interaction.response.body):
            timing = None
            response.schedule = in_frames(response.schedule, frames)
        planned = response.schedule
        needs = needs_of(steps, sizes, map(len, planned.chunks))
        content_type = header(flow.request, b"content-type")
        # Of a credential that goes over several messages each is known by those before it only.
        heard = list(opened.frames) if has_placeholder(interaction.request.body) else None
        response.script = DuplexScript(
            same=partial(self._is_same, flow, recorded, heard),
            splitter=splitter_of(content_type)(),
            messages=len(recorded),
            ends=any(step == END for step, _ in steps),
            needs=needs,
            delays=delays_of(needs, planned, timing, self._player.config.speed),
            came=list(opened.times[: len(recorded)]),
            start=opened.start,
        )
        opened.conversation = response.script, interaction, candidate
        return True

    def _goes_on_as_another(
        self,
        flow: http.HTTPFlow,
        opened: OpenRequest,
        response: PacedResponse,
        script: DuplexScript,
        old: MatchCandidate,
    ) -> bool:
        """Lets another interaction answer further, that began alike on both sides: many do, with a greeting."""
        if self._player.config.strict or not script.differs:
            return False
        number = len(script.came)
        said = self._recorded_messages(old)[:number] + self._spelt(self._player.redacted(flow, script.differs), number)
        sent = b"".join(response.schedule.chunks[: max(0, opened.sent)])
        for candidate in self._index.unanswered():
            interaction = candidate.interaction
            steps = steps_of(interaction)
            if (
                interaction.id < 0
                or steps is None
                or self._recorded_messages(candidate)[: number + 1] != said
                or interaction.request.url != old.interaction.request.url
                or not interaction.response.body.startswith(sent)
                or head_of(interaction) != head_of(old.interaction)
            ):
                continue
            frames = split_messages(content_type_of(interaction.response.headers), interaction.response.body)
            sizes = [len(each) for each in frames]
            gone = next((n for n in range(len(frames) + 1) if sum(sizes[:n]) == len(sent)), None)
            if gone is None:
                continue
            self._index.reclaim(old.id, candidate)
            already = response.schedule.chunks[: max(0, opened.sent)]
            every = needs_of(steps, sizes, sizes)
            needs = [every[0], *(0 for _ in already), *every[gone + 1 :]]
            chunks = (*already, *frames[gone:])
            response.schedule = replace(response.schedule, chunks=chunks, chunk_at=(0.0,) * len(chunks))
            response.trailers = trailers_of(interaction.response)
            response.script = new = replace(
                script,
                same=partial(self._is_same, flow, self._recorded_messages(candidate), None),
                messages=len(self._recorded_messages(candidate)),
                ends=any(step == END for step, _ in steps),
                needs=needs,
                delays=[0.0] * len(needs),
                came=[*script.came, time.monotonic()],
                differs=b"",
                rest=[],
                broken="",
            )
            opened.conversation = new, interaction, candidate
            logger.info("goes on as %d", interaction.id)
            return new.take_messages(script.rest, time.monotonic())
        return False

    def _is_same(
        self, flow: http.HTTPFlow, recorded: Sequence[bytes], heard: list[bytes] | None, number: int, message: bytes
    ) -> bool:
        if heard is not None:
            heard.append(message)
        if self._spelt(self._player.redacted(flow, message), number) == [recorded[number]]:
            return True
        return heard is not None and self._spelt(self._player.redacted(flow, b"".join(heard)))[-1] == recorded[number]

    def _spelt(self, request: Request, first: int = 0) -> list[bytes]:
        """The messages of a request in one spelling, without what does not count. `first`: the number of the first."""
        content_type = content_type_of(request.headers)
        spelt = [generic(canonical_message(content_type, each)) for each in split_messages(content_type, request.body)]
        rules = self._player.config.rules
        if not (rules.ignore.pointers or rules.ignore.texts):
            return spelt
        # What is ignored is named by its place in the whole body.
        body = b"[%b]" % b",".join([b"null"] * first + spelt)
        every = json.loads(normalize_request(replace(request, body=body), rules).body)
        return [json.dumps(each, sort_keys=True).encode() for each in every[first:]]

    def _as_far(self, asked: LiveRequest, count: int) -> list[Interaction]:
        """All interactions, and of those that ask the same no more messages than came."""
        keys = self._head_keys(asked)
        return [
            messages_from(each, 0, count) if self._head_key(each.request) in keys else each
            for each in self._index.interactions
        ]

    def _used(self, asked: LiveRequest, live: list[bytes]) -> list[tuple[Interaction, int]]:
        """Those that begin as a request does, and have answered."""
        keys = self._head_keys(asked)
        return [
            (each, number)
            for each, number in self._index.answered()
            if self._head_key(each.request) in keys and self._spelt(each.request)[: len(live)] == live
        ]

    def _of_same_head(self, asked: LiveRequest) -> Iterator[MatchCandidate]:
        keys = self._head_keys(asked)
        for candidate in self._index.unanswered():
            known = self._heads.get(candidate.id)
            if known is None or known[0] is not candidate.interaction:
                known = self._heads[candidate.id] = candidate.interaction, self._head_key(candidate.interaction.request)
            if known[1] in keys:
                yield candidate

    def _head_keys(self, asked: LiveRequest) -> frozenset[bytes]:
        return frozenset((self._head_key(asked.request), self._head_key(asked.redacted)))

    def _head_key(self, request: Request) -> bytes:
        return request_key(generic_request(replace(request, body=b"", form={})), self._player.config.rules)

    def _recorded_messages(self, candidate: MatchCandidate) -> list[bytes]:
        known = self._messages.get(candidate.id)
        if known is None or known[0] is not candidate.interaction:
            request = candidate.interaction.request
            spelt = self._spelt(request)
            known = self._messages[candidate.id] = candidate.interaction, spelt
        return known[1]
