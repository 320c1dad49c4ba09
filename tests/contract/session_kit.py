"""Which sessions do the contract tests hold to one protocol, each behind the same blocking methods?"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.session import AsyncSession, Session, Turn, process_engine, prompt_engine
from holdfast.session.protocol import SessionPort

__all__ = [
    "MAKERS",
    "PROCESSES",
    "Made",
    "Make",
    "children_of",
    "is_alive",
    "opened",
    "patient",
    "public_methods",
]

Made = SessionPort
Make = Callable[..., contextlib.AbstractContextManager[SessionPort]]


class Awaited:
    """An `AsyncSession` on a loop of its own, with the methods of a blocking one."""

    def __init__(self, runner: asyncio.Runner, session: AsyncSession) -> None:
        self._runner = runner
        self.session = session

    def _run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(main)

    def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        return self._run(self.session.execute(code, timeout_s))

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return self._run(self.session.call(name, *args, **kwargs))

    def callback(self, name: str, **options: Any) -> Callable[..., Any]:
        called = self.session.callback(name, **options)
        return lambda *args, **kwargs: self._run(called(*args, **kwargs))

    @property
    def namespace(self) -> dict[str, Any]:
        return self._run(self.session.namespace)

    def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self._run(self.session.assign(names, **more))

    @property
    def history(self) -> list[Turn]:
        return self.session.history

    def reset(self) -> None:
        self._run(self.session.reset())

    def close(self) -> None:
        self._run(self.session.close())


@contextlib.contextmanager
def in_a_process(**options: Any) -> Iterator[SessionPort]:
    with Session(**options) as session:
        yield session


@contextlib.contextmanager
def in_this_process(**options: Any) -> Iterator[SessionPort]:
    with Session(in_process=True, **options) as session:
        yield session


@contextlib.contextmanager
def awaited(**options: Any) -> Iterator[SessionPort]:
    with asyncio.Runner() as runner:
        session = AsyncSession(**options)
        try:
            yield Awaited(runner, session)
        finally:
            runner.run(session.close())


# A double of a session joins here, and is held to the same tests.
MAKERS: dict[str, Make] = {
    "process": in_a_process,
    "in-process": in_this_process,
    "async": awaited,
}
# Those that survive what ends an interpreter.
PROCESSES = ["process", "async"]


@contextlib.contextmanager
def opened(name: str, **options: Any) -> Iterator[SessionPort]:
    """Open one session; at the end nothing of it may be left."""
    with MAKERS[name](**options) as session:
        yield session


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Give interrupted code as long as a busy machine takes, where its names are to be kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process_engine, "GRACE_S", 60.0)
        patch.setattr(prompt_engine, "GRACE_S", 60.0)
        yield


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in text.split()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def public_methods(kind: type) -> dict[str, list[str]]:
    """Return the public members of a class and the names of their parameters."""
    return {
        name: [] if isinstance(value, property) else list(inspect.signature(value).parameters)[1:]
        for name, value in vars(kind).items()
        if not name.startswith("_")
    }
