"""How does a worker carry out one call after another?"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import msgspec

from holdfast.clock import monotonic, seed_global
from holdfast.execute import outcome
from holdfast.execute.assess import assess, is_awaitable
from holdfast.execute.collect import collect_file
from holdfast.execute.wire import (
    Assess,
    Assessed,
    Beat,
    Call,
    Called,
    Cancel,
    Collect,
    Done,
    Resolve,
    Resolved,
)
from holdfast.model import codec
from holdfast.model.evidence import Evidence
from holdfast.process.channel import BlockingChannel
from holdfast.process.page import close_page, open_page
from holdfast.process.reference import find, lane_of_reference

__all__ = ["SyncHost"]


class SyncHost:
    """Serves a connection in the main thread, so that signals and debuggers work as users expect."""

    def __init__(self, sock: socket.socket) -> None:
        self._channel: BlockingChannel[Any] = BlockingChannel(
            sock, Call | Assess | Resolve | Collect | Cancel
        )
        self._pid = os.getpid()

    def serve(self) -> None:
        """Answer until holdfast is gone."""
        self._channel.send([Beat()])
        while messages := self._channel.receive():
            for message in messages:
                self._answer(message)

    def _answer(self, message: Any) -> None:
        match message:
            case Call():
                evidence = self.call(message)
                retire = evidence.error is not None and evidence.error.type == "MemoryError"
                self._send(Done(message.n, codec.encode(evidence), retire))
            case Assess(n, value, assessors):
                self._send(Assessed(n, codec.encode(assess(assessors, value, _run_blocking))))
            case Resolve(n, refs):
                for ref in refs:
                    self._send(Resolved(n, ref, lane_of_reference(ref)))
            case Collect(n, path):
                self._send(collect_file(n, path))
            case _:
                # Cancel: what it is meant for has ended already; a worker is stopped by a signal.
                return

    def call(self, call: Call) -> Evidence:
        """Call the function and its validators; what goes wrong is in the evidence."""
        page = open_page(is_alone=True)
        return close_page(page, self._call(call))

    def _call(self, call: Call) -> Evidence:
        try:
            function = find(call.ref)
        except BaseException as error:  # noqa: BLE001 - whatever an import raises is evidence
            return outcome.not_prepared(error)
        seed_global(call.seed)
        start = monotonic()
        try:
            value = function(**call.kwargs)
            if is_awaitable(value):
                value = asyncio.run(_await(value))
            evidence = outcome.from_value(value, monotonic() - start)
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is evidence
            return outcome.of_failed_call(function, call.kwargs, error, monotonic() - start)
        if not call.assessors:
            return evidence
        # What is kept is what the call left, whatever a validator makes of it.
        self._send(Called(call.n, codec.encode(evidence)))
        answers = assess(call.assessors, value, _run_blocking)
        return msgspec.structs.replace(evidence, assessments=answers)

    def _send(self, message: Any) -> None:
        """Answer; a child that user code forked and that came back here ends, the answer is its parent's to give."""
        if os.getpid() != self._pid:
            os._exit(0)
        self._channel.send([message])


def _run_blocking(awaitable: Any) -> Any:
    return asyncio.run(_await(awaitable))


async def _await(awaitable: Any) -> Any:
    return await awaitable
