"""Which process carries out which call, and what becomes of a call whose process dies?"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from holdfast.clock import monotonic
from holdfast.errors import InternalError
from holdfast.execute.answer import end_call, lose
from holdfast.execute.host_process import HostProcess, InFlight, start_host
from holdfast.execute.loss import Loss, loss_of, sentence, unassessed
from holdfast.execute.watch import Watch, telling_slow_import
from holdfast.execute.wire import (
    Assess,
    Assessed,
    Beat,
    Blocked,
    Call,
    Called,
    Collect,
    Collected,
    Done,
    FromHost,
    Lane,
    Resolve,
    Resolved,
    ToHost,
    Wrote,
)
from holdfast.model import codec
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports import AssessorCall, PythonCall
from holdfast.process.reaper_client import Reaper

__all__ = ["Pool"]

_LOG = logging.getLogger("holdfast.pool")

TICK_S = 0.05
# A file with cases is imported within this, or said to hang.
COLLECT_S = 60.0
# Calls whose host died under them run again one at a time, on few processes, so that the culprit is named.
ALONE_HOSTS = 2
# Three processes in a row that die before their first message will not be cured by a fourth.
MAX_UNREADY = 3

# What each group of processes is for, and their lane.
GROUPS: dict[str, Lane] = {"alone": "async", "spare": "sync"}


class Pool:
    """The executor whose hosts and workers are processes under the reaper.

    One host of lane `async` runs all coroutine functions. Workers, known by name,
    run one synchronous call each. Processes of the group `alone` run one coroutine
    function each (after their host died under several), those of `spare`
    validators, imports and synchronous calls that hold no worker's place.
    `echo` makes, for each process by its name, what is told everything that it writes.
    """

    def __init__(
        self,
        reaper: Reaper,
        *,
        workers: int,
        root: str,
        env: Mapping[str, str] | None = None,
        echo: Callable[[str], Callable[[bytes], None]] | None = None,
    ) -> None:
        self._reaper = reaper
        self._root = root
        self._env = env or {}
        self._echo = echo
        self._n = 0
        self._started: dict[str, int] = {}
        self._hosts: set[HostProcess] = set()
        self._shared: HostProcess | None = None
        self._named: dict[str, HostProcess] = {}
        self._shared_lock = asyncio.Lock()
        self._idle: dict[str, deque[HostProcess]] = {group: deque() for group in GROUPS}
        self._limits = {
            "alone": asyncio.Semaphore(ALONE_HOSTS),
            "spare": asyncio.Semaphore(max(2, workers)),
        }
        self._unready = 0
        self._watch = Watch()
        self._ticker: asyncio.Task[None] | None = None
        self._burials: set[asyncio.Task[None]] = set()

    # --- the Executor port ------------------------------------------------------

    async def resolve(self, refs: Sequence[str]) -> Mapping[str, Lane]:
        """Tell which lane each reference needs; what cannot be imported is `sync`, and fails when it runs."""
        lanes: dict[str, Lane] = {}
        missing: list[str] = sorted(set(refs))
        while missing:
            host = await self._shared_host()
            flight = self._ask_lanes(host, tuple(missing))
            with telling_slow_import(partial(_unanswered, flight, tuple(missing)), COLLECT_S):
                await flight.future
            lanes.update(flight.answers)
            missing = [ref for ref in missing if ref not in lanes]
            if missing:
                # The process ended at the first reference without an answer.
                lanes[missing.pop(0)] = "sync"
        return lanes

    def _ask_lanes(self, host: HostProcess, refs: tuple[str, ...]) -> InFlight:
        flight = self._send(host, Resolve(self._number(), refs), "importing", COLLECT_S)
        flight.expected = len(refs)
        return flight

    def call(self, call: PythonCall) -> Awaitable[Evidence]:
        """Call the function; what goes wrong with it is in the evidence.

        The answer is a future where the process is there already: the call is then on its way.
        """
        if call.lane == "sync":
            host = self._named.get(call.worker)
            if host is not None and host.is_usable:
                return self._call_worker(host, call)
        elif not call.alone:
            host = self._shared
            if host is not None and host.is_usable:
                return self._call_on(host, call)
        return self._find_and_call(call)

    async def _find_and_call(self, call: PythonCall) -> Evidence:
        if call.lane == "async" and not call.alone:
            return await self._call_on(await self._shared_host(), call)
        if call.lane == "sync" and call.worker:
            # Whoever holds the place of a worker is the only one to call it.
            host = self._named.get(call.worker)
            if host is None or not host.is_usable:
                host = self._named[call.worker] = await self._start("sync", call.worker)
            return await self._call_worker(host, call)
        group = "spare" if call.lane == "sync" else "alone"
        async with self._limits[group]:
            host = await self._take(group)
            try:
                return await self._call_on(host, call)
            finally:
                self._give_back(group, host)

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        """Call validators on a plain value, in a process that they may end without harm to others."""
        message = Assess(self._number(), value, tuple(calls))
        answer = await self._ask_spare(message, calls[0].ref, timeout_s)
        if isinstance(answer, Assessed):
            return codec.decode(answer.assessments, tuple[Assessment, ...])
        return unassessed(calls, answer)

    async def collect(self, path: str) -> Collected:
        """Import a Python file in a process of its own and describe its marked functions."""
        with telling_slow_import(lambda: path, COLLECT_S):
            answer = await self._ask_spare(Collect(self._number(), path), path, COLLECT_S)
        return answer if isinstance(answer, Collected) else Collected(0, (), sentence(answer))

    def doing(self) -> Mapping[str, str]:
        """Tell what each process is busy with."""
        return {
            host.name: _busy_with(host) for host in sorted(self._hosts, key=lambda host: host.name)
        }

    def pids(self) -> Mapping[str, int]:
        """Return the process of each host by its name."""
        return {host.name: host.spawned.pid for host in self._hosts}

    def tasks(self) -> int:
        """Return how many asyncio tasks there were when the hosts last told."""
        return sum(host.tasks for host in self._hosts)

    async def close(self) -> None:
        """End every process; calls still in flight are cancelled."""
        if self._ticker is not None:
            self._ticker.cancel()
        await self._watch.close()
        for task in tuple(self._burials):
            await task
        for host in tuple(self._hosts):
            self._let_go(host)
            for flight in host.in_flight.values():
                flight.future.cancel()

    async def warm(self) -> None:
        """Start the host for coroutine functions before it is needed."""
        await self._shared_host()

    # --- processes ---------------------------------------------------------------

    async def _shared_host(self) -> HostProcess:
        host = self._shared
        if host is not None and host.is_usable:
            return host
        async with self._shared_lock:
            if self._shared is None or not self._shared.is_usable:
                self._shared = await self._start("async", "host")
            return self._shared

    async def _take(self, group: str) -> HostProcess:
        idle = self._idle[group]
        while idle:
            host = idle.popleft()
            if host.is_usable:
                return host
        self._started[group] = number = self._started.get(group, 0) + 1
        return await self._start(GROUPS[group], f"{group}-{number}")

    def _give_back(self, group: str, host: HostProcess) -> None:
        self._end_abandoned(host)
        if host.is_usable:
            self._idle[group].append(host)

    def _end_abandoned(self, host: HostProcess) -> None:
        """End a process whose caller was cancelled while the call runs on; nothing else ends the call."""
        if host.is_usable and host.in_flight:
            self._watch.kill(host, 0, "the run was stopped")

    async def _start(self, lane: Lane, name: str) -> HostProcess:
        if self._unready >= MAX_UNREADY:
            raise InternalError(
                f"{self._unready} processes in a row ended before they could run anything",
                hint="run a case with --in-process to see why",
            )
        host = await start_host(
            self._reaper,
            name=name,
            lane=lane,
            root=self._root,
            env=self._env,
            on_messages=self._messages,
            on_close=self._closed,
        )
        if self._echo is not None:
            host.echo = self._echo(host.name)
        _LOG.info("%s started", host.name)
        self._hosts.add(host)
        if self._ticker is None:
            self._ticker = asyncio.create_task(self._tick(), name="pool-tick")
        return host

    def _let_go(self, host: HostProcess) -> None:
        host.is_lost = True
        self._hosts.discard(host)
        host.close()

    # --- calls ---------------------------------------------------------------------

    def _call_on(self, host: HostProcess, call: PythonCall) -> asyncio.Future[Evidence]:
        limit_s, assessors = call.timeout_s, call.assessors
        message = Call(self._number(), call.ref, call.kwargs, call.seed, limit_s or 0.0, assessors)
        return self._send(host, message, call.ref, limit_s, assessors=assessors).future

    def _call_worker(self, host: HostProcess, call: PythonCall) -> asyncio.Future[Evidence]:
        """Call a function in a worker, which is ended when its caller is cancelled."""
        answer = self._call_on(host, call)
        answer.add_done_callback(partial(self._end_if_cancelled, host))
        return answer

    def _end_if_cancelled(self, host: HostProcess, answer: asyncio.Future[Evidence]) -> None:
        if answer.cancelled():
            self._end_abandoned(host)

    async def _ask_spare(self, message: ToHost, label: str, timeout_s: float) -> Any:
        async with self._limits["spare"]:
            host = await self._take("spare")
            try:
                return await self._send(host, message, label, timeout_s).future
            finally:
                self._give_back("spare", host)

    def _number(self) -> int:
        self._n += 1
        return self._n

    def _send(
        self,
        host: HostProcess,
        message: ToHost,
        label: str,
        timeout_s: float | None,
        *,
        assessors: Sequence[AssessorCall] | None = None,
    ) -> InFlight:
        """Send a message; with `assessors` it is a call, which is answered with evidence."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        now = monotonic()
        flight = InFlight(future, label, timeout_s, now, assessors=assessors)
        host.in_flight[message.n] = flight
        if host.is_ready:
            flight.start_clock(now)
        try:
            if host.lane == "sync":
                host.channel.send_now(message)
            else:
                host.channel.send(message)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            del host.in_flight[message.n]
            reason = f"the arguments must be plain data: {error}"
            lose(host, flight, Loss(kind="setup", message=reason))
        return flight

    def _messages(self, host: HostProcess, messages: list[FromHost]) -> None:
        host.last_heard = monotonic()
        if not host.is_ready:
            host.note_ready()
            self._unready = 0
        for message in messages:
            if type(message) is Done:
                self._end_call(host, message)
            else:
                self._other_message(host, message)

    def _end_call(self, host: HostProcess, done: Done) -> None:
        if host.lane == "sync":
            # It begins no other call before it is told to: what is in its pipes belongs to this one.
            host.drain()
            host.forget_log()
        flight = host.in_flight.pop(done.n, None)
        if done.retire:
            self._let_go(host)
        if flight is not None:
            end_call(flight, done.evidence)

    def _other_message(self, host: HostProcess, message: FromHost) -> None:
        match message:
            case Assessed() | Collected():
                _settle(host, message.n, message)
            case Resolved(n, ref, lane):
                flight = host.in_flight[n]
                flight.answers[ref] = lane
                if len(flight.answers) == flight.expected:
                    _settle(host, n, message)
            case Called(n, evidence):
                if n in host.in_flight:
                    host.in_flight[n].called = evidence
            case Wrote(n, fd, data):
                if n in host.in_flight:
                    host.in_flight[n].keep(fd, data)
                if host.echo is not None:
                    host.echo(data)
            case Blocked(n, stack):
                host.note_blocked(n, stack)
            case Beat(tasks):
                host.tasks = tasks
            case _:
                return

    # --- losses --------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for host in tuple(self._hosts):
                self._watch.check(host)

    def _closed(self, host: HostProcess) -> None:
        host.is_lost = True
        task = asyncio.create_task(self._bury(host), name=f"bury-{host.name}")
        self._burials.add(task)
        task.add_done_callback(self._burials.discard)

    async def _bury(self, host: HostProcess) -> None:
        """Find out how a process ended and tell everyone who waits for it."""
        ending = await host.exit_text()
        _LOG.info("%s ended with %s, %d in flight", host.name, ending, len(host.in_flight))
        host.drain()
        flights = list(host.in_flight.items())
        if not host.is_ready:
            self._unready += 1
        for n, flight in flights:
            lose(host, flight, loss_of(host, n, flight, ending=ending, count=len(flights)))
        host.in_flight.clear()
        self._let_go(host)


def _unanswered(flight: InFlight, refs: tuple[str, ...]) -> str:
    """Return the reference that is being imported: they are taken in order."""
    return next((ref for ref in refs if ref not in flight.answers), refs[-1])


def _settle(host: HostProcess, n: int, answer: Any) -> None:
    flight = host.in_flight.pop(n, None)
    if flight is not None and not flight.future.done():
        flight.future.set_result(answer)


def _busy_with(host: HostProcess) -> str:
    if not host.in_flight:
        return "idle"
    labels = [flight.label for flight in host.in_flight.values()]
    return labels[0] if len(labels) == 1 else f"{labels[0]} (+{len(labels) - 1} more)"
