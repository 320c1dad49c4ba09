"""How does one interpreter carry out one piece of code after another?

The code may do anything to the interpreter that serves it. What is put back after
each turn stands in `_mend`; what cannot be put back ends the process, and the
session goes on in a fresh one.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import builtins
import linecache
import pickle
import sys
from collections.abc import Callable
from operator import is_
from types import CodeType, ModuleType
from typing import Any, cast

from msgspec import structs

from holdfast.clock import monotonic
from holdfast.session.failure import describe, take_apart
from holdfast.session.protocol import TurnError
from holdfast.session.values import decode_value, encode_value
from holdfast.session.wire import Apply, Call, Done, Read, Request, Run, Write

__all__ = ["Interpreter"]

CO_COROUTINE = 0x80
# What `codeop` uses; without a name in `ast` before Python 3.13.
ALLOW_INCOMPLETE_INPUT = 0x4000
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
# The sources of so many turns are kept for tracebacks.
MOST_SOURCES = 1_000
# Code that ran out of memory may hold all of it in its names: without this much, nothing works.
ROOM_BYTES = 8_000_000
NOTHING = encode_value(None)
# Under names of our own: the code may have taken those of the builtins away.
_all, _map = all, map


class Interpreter:
    """Runs code in a namespace of its own.

    `stopped` is asked what a KeyboardInterrupt means: a text is the limit that
    was passed, "" says that the code raised it by itself.
    """

    def __init__(self, name: str = "__main__", *, stopped: Callable[[], str] = str) -> None:
        self._name = name
        self._stopped = stopped
        self._turns = 0
        self._sources: list[str] = []
        self._futures = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._builtins = builtins.__dict__
        self._healthy = dict(self._builtins)
        self._altered: list[dict[str, Any]] = []
        self.clear()

    def clear(self) -> None:
        """Begin without names."""
        module = ModuleType(self._name)
        # dataclasses, typing and pickle look a class's module up.
        sys.modules[self._name] = module
        self._names = vars(module)
        self._names["__builtins__"] = builtins
        self._futures = 0

    def close(self) -> None:
        """Forget what was registered for the sake of the code."""
        for filename in self._sources:
            linecache.cache.pop(filename, None)
        if sys.modules.get(self._name) is not None and self._name != "__main__":
            del sys.modules[self._name]
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def answer(self, request: Request) -> Done:
        """Carry out a request; whatever the code does, short of ending the process, is in the answer."""
        start = monotonic()
        self._names["__builtins__"] = builtins
        self._altered.clear()
        try:
            try:
                done = self._carry_out(request)
            except KeyboardInterrupt as error:
                limit = self._stopped()
                done = _stopped_at(limit) if limit else self._failed(error)
            except BaseException as error:  # noqa: BLE001 - whatever the code raises is the answer
                done = self._failed(error)
        except KeyboardInterrupt:
            # Stopped while a __str__ or __repr__ of the code was running.
            done = _stopped_at(self._stopped() or "interrupted")
        self._mend()
        notes = [*done.notes, *self._notes()]
        return structs.replace(done, duration_s=monotonic() - start, notes=tuple(notes))

    def _mend(self) -> None:
        """Put the builtins back; until that is done, none of them can be relied on."""
        now, healthy = self._builtins, self._healthy
        # By identity and in order: what is compared may be the code's own.
        is_whole = _all(_map(is_, now.values(), healthy.values()))  # pyright: ignore[reportUnknownArgumentType] - of `map` under its own name
        if not is_whole or now.__len__() < healthy.__len__():
            self._altered.append(now.copy())
            now.update(healthy)

    def _notes(self) -> list[str]:
        names = {
            name
            for seen in self._altered
            for name, value in self._healthy.items()
            if seen.get(name) is not value
        }
        if not names:
            return []
        return [f"builtins were changed and put back: {', '.join(sorted(names)[:5])}"]

    def _carry_out(self, request: Request) -> Done:
        match request:
            case Run():
                return self._run(request)
            case Call(name, args):
                positional, named = decode_value(args)
                function = self._find(name)
                return _done(self._guarded(lambda: self._apply(function, *positional, **named)))
            case Apply(function):
                # From our own parent, which lets us run anything anyway.
                return _done(self._guarded(lambda: self._apply(pickle.loads(function))))  # noqa: S301
            case Read():
                # Names that the code hid from others, such as those of Python itself, stay inside.
                kept = {k: v for k, v in self._names.items() if not k.startswith("__")}
                return _done(kept)
            case Write(names):
                self._names.update(decode_value(names))
                return Done("ok", NOTHING)
            case _:
                raise TypeError(f"an interpreter that runs cannot be asked {request!r}")

    def _run(self, request: Run) -> Done:
        if request.fresh:
            self.clear()
        code: str = decode_value(request.code)
        filename = self._remember(code)
        try:
            tree = self._parse(code, filename)
        except SyntaxError as error:
            if error.msg.startswith("incomplete input"):
                return Done("incomplete", NOTHING)
            raise
        value = None
        if request.mode == "single":
            for statement in tree.body:
                self._evaluate(ast.Interactive([statement]), filename, "single")
            return Done("ok", NOTHING)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if tree.body:
            self._evaluate(tree, filename, "exec")
        if isinstance(last, ast.Expr):
            value = self._evaluate(ast.Expression(last.value), filename, "eval")
        elif request.fresh:
            value = self._names.get("result")
        return _done(value)

    def _parse(self, code: str, filename: str) -> ast.Module:
        flags = FLAGS | self._futures | ast.PyCF_ONLY_AST | ALLOW_INCOMPLETE_INPUT
        return compile(code, filename, "exec", flags, dont_inherit=True)

    def _evaluate(self, tree: Any, filename: str, mode: str) -> Any:
        flags = FLAGS | self._futures
        compiled: CodeType = compile(tree, filename, mode, flags, dont_inherit=True)
        self._futures |= compiled.co_flags & FUTURES
        is_coroutine = bool(compiled.co_flags & CO_COROUTINE)
        return self._guarded(lambda: self._enter(compiled, is_coroutine=is_coroutine))

    def _enter(self, compiled: CodeType, *, is_coroutine: bool) -> Any:
        value = eval(compiled, self._names)  # noqa: S307 - running code is what a session is for
        return self._wait(value) if is_coroutine else value

    def _apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        value = function(*args, **kwargs)
        return self._wait(value) if asyncio.iscoroutine(value) else value

    def _guarded(self, run: Callable[[], Any]) -> Any:
        try:
            return run()
        finally:
            self._mend()

    def _wait(self, coroutine: Any) -> Any:
        """Run a coroutine on the session's own loop, also where another one runs in this thread."""
        outer = asyncio._get_running_loop()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        asyncio._set_running_loop(None)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        try:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return _run_until_done(self._loop, coroutine)
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    def _find(self, name: str) -> Callable[..., Any]:
        first, *rest = name.split(".")
        if first in self._names:
            found = self._names[first]
        elif first in self._healthy:
            found = self._healthy[first]
        else:
            raise NameError(f"name {first!r} is not defined", name=first)
        for part in rest:
            found = getattr(found, part)
        if not callable(found):
            raise TypeError(f"{name!r} must be a function, got {type(found).__name__}")
        return cast("Callable[..., Any]", found)

    def _remember(self, code: str) -> str:
        """Let tracebacks show the code's own lines."""
        self._turns += 1
        place = "" if self._name == "__main__" else f" of {self._name.strip('_')}"
        filename = f"<turn {self._turns}{place}>"
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        self._sources.append(filename)
        if len(self._sources) > MOST_SOURCES:
            linecache.cache.pop(self._sources.pop(0), None)
        return filename

    def _failed(self, error: BaseException) -> Done:
        done = Done("error", NOTHING, error=describe(error), raised=take_apart(error))
        if isinstance(error, MemoryError) and not _has_room():
            note = "the code left no memory to go on with"
            return structs.replace(done, notes=(note,), spent=True)
        return done


def _run_until_done(loop: asyncio.AbstractEventLoop, coroutine: Any) -> Any:
    task = loop.create_task(coroutine)
    try:
        return loop.run_until_complete(task)
    except BaseException:
        # A KeyboardInterrupt leaves the loop, not the coroutine.
        if not task.done():
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        raise


def _done(value: Any) -> Done:
    return Done("ok", encode_value(value))


def _stopped_at(limit: str) -> Done:
    return Done("timeout", NOTHING, error=TurnError(type="TimeoutError", message=limit))


def _has_room() -> bool:
    try:
        return len(bytearray(ROOM_BYTES)) == ROOM_BYTES
    except MemoryError:
        return False
