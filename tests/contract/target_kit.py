"""What do tests of targets stand on? A context with real parts, and a server that may be hostile."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from holdfast.builtin import COMPONENTS
from holdfast.clock import SystemClock
from holdfast.model.case import Case, Expect, Target
from holdfast.model.evidence import Assessment, Evidence
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import AssessorCall, CallContext, PythonCall
from holdfast.registry import Registry
from holdfast.text.templates import Resolver, expand

REGISTRY = Registry(COMPONENTS, entry_points=False)


class Executor:
    """Answers every call with its arguments, and keeps what it was asked."""

    def __init__(self, evidence: Evidence | None = None) -> None:
        self.calls: list[PythonCall] = []
        self.evidence = evidence

    async def resolve(self, refs: Sequence[str]) -> Mapping[str, Any]:
        return dict.fromkeys(refs, "sync")

    async def call(self, call: PythonCall) -> Evidence:
        self.calls.append(call)
        return self.evidence or Evidence(value=call.kwargs, call_s=0.0)

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        return ()

    def doing(self) -> Mapping[str, str]:
        return {}

    async def close(self) -> None:
        pass


class Recorder:
    """Keeps the events of an attempt."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def event(self, name: str, **facts: Any) -> None:
        self.events.append((name, facts))

    def sample(self, name: str, value: float) -> None:
        self.events.append((name, {"value": value}))

    def series(self, name: str, at_s: float, value: float) -> None:
        self.events.append((name, {"at_s": at_s, "value": value}))

    def value(self, name: str, value: Any) -> None:
        self.events.append((name, {"value": value}))


def judge(expects: Sequence[Expect], evidence: Evidence) -> tuple[Finding, ...]:
    """Judge as small as can be: `status`, `exit_code`, `equals`; an error is an error."""
    if evidence.error and not any(each.name == "raises" for each in expects):
        names = [each.name for each in expects] or ["completes"]
        message = evidence.error.message
        return tuple(Finding(expectation=name, status="error", message=message) for name in names)
    return tuple(_judge_one(each, evidence) for each in expects)


def _judge_one(expect: Expect, evidence: Evidence) -> Finding:
    if expect.name == "completes":
        return msgspec.structs.replace(passed(), expectation=expect.name)
    observed = evidence.value if expect.name == "equals" else evidence.facts.get(expect.name)
    holds = observed < 400 if expect.params == "< 400" else observed == expect.params
    message = f"{expect.name} was {observed!r}"
    finding = passed(message) if holds else failed(message, expected=expect.params)
    return msgspec.structs.replace(finding, expectation=expect.name)


def fill(value: Any, variables: Mapping[str, Any]) -> Any:
    """Fill in templates from variables and the environment."""
    return expand(value, Resolver(names=variables, env=os.environ))


def context(**changes: Any) -> CallContext:
    """Return a context of real parts; `changes` replace some."""
    parts: dict[str, Any] = {
        "case": Case(suite="s", id="c", target=Target(kind="python", spec={"ref": "m:f"})),
        "executor": Executor(),
        "clock": SystemClock(),
        "judge": judge,
        "recorder": Recorder(),
        "expand": fill,
        "load": REGISTRY.load,
        "variables": {},
    }
    return CallContext(**{**parts, **changes})


class Request(msgspec.Struct):
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = bytes | Callable[[Request], bytes] | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server that answers each path with bytes as they are, so that it can be wrong in any way."""

    def __init__(self, routes: Mapping[str, Answer]) -> None:
        self._routes = routes
        self.requests: list[Request] = []
        self.connections = 0
        self.url = ""
        self.is_over = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.transport.abort() if self.is_over else writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.split("\r\n")
        method, path, _ = line.split(" ")
        headers = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in lines)
        }
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = b""
        request = Request(method, path, headers, body)
        self.requests.append(request)
        answer = self._routes[path.partition("?")[0]]
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            said: Any = answer(request if answer.__name__ != "stream" else writer)  # type: ignore[arg-type]
            if isinstance(said, bytes):
                writer.write(said)
            else:
                await said
                return False
        await writer.drain()
        return b"connection: close" not in (answer if isinstance(answer, bytes) else b"")


@contextlib.asynccontextmanager
async def serving(routes: Mapping[str, Answer]) -> AsyncIterator[Server]:
    """Serve `routes` on a free port of 127.0.0.1."""
    server = Server(routes)
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.add(asyncio.ensure_future(server.serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        listener.close()
        server.is_over = True
        await _turns(3)  # so many after a connection came, it is told of
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:  # a task that was cancelled before its first step closed nothing
            writer.transport.abort()
        await _turns(2)


async def _turns(count: int) -> None:
    """Let the loop do what it has to do now, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


def answer(body: bytes | str = b"", *, status: str = "200 OK", **headers: str) -> bytes:
    """Write a response; `content_type="text/plain"` becomes `content-type: text/plain`."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content
