"""Do the real thing and its double pass the same checks, and who wrote that down?"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import msgspec

from holdfast.clock import SystemClock
from holdfast.doubles.standing import Verification, read_record, standing_in
from holdfast.doubles.surface import digest_of_surface, place_of, version_of
from holdfast.errors import HoldfastError, UsageError

__all__ = ["Contract", "ContractBroken"]

RECORD = Path(".holdfast") / "contracts.json"


class ContractBroken(HoldfastError):
    """The real thing or its double does not pass a check; nothing was recorded."""

    exit_code = 1


class Contract:
    """Checks that a real thing and its double must both pass; a check gets one of them.

    >>> def starts_empty(kind):
    ...     assert len(kind) == 0
    >>> Contract("stack", [starts_empty]).standing(list)
    "the double of contract 'stack' was never verified"
    """

    def __init__(
        self, name: str, checks: Sequence[Callable[[Any], Any]], *, record: Path = RECORD
    ) -> None:
        if not checks:
            raise UsageError(f"contract {name!r} must have a check, got none")
        self.name = name
        self.checks = tuple(checks)
        self.record = record

    def verify(self, real: Callable[[], Any], double: Callable[[], Any]) -> Verification:
        """Run every check on a fresh real thing and a fresh double, and write down that all passed.

        `real` and `double` make one; a context manager is entered. Checks may be coroutine functions.

        Raises:
            ContractBroken: a check did not pass.
        """
        problems: list[str] = []
        kinds: list[Any] = []
        for side, make in (("the real thing", real), ("the double", double)):
            for check in self.checks:
                try:
                    kinds.append(_run(check, make))
                except Exception as error:  # noqa: BLE001 - whatever a check raises breaks the contract
                    told = str(error).partition("\n")[0]
                    name = getattr(check, "__name__", repr(check))
                    problems.append(f"{side} must pass {name}, got {type(error).__name__}: {told}")
        if problems:
            raise ContractBroken(f"contract {self.name!r} is broken: {'; '.join(problems[:5])}")
        kind = kinds[0]
        verification = Verification(
            contract=self.name,
            against=place_of(kind),
            version=version_of(kind),
            date=SystemClock().wall().date().isoformat(),
            digest=digest_of_surface(kind),
            checks=self.digest,
        )
        self._write(verification)
        return verification

    def standing(self, real: Any) -> str:
        """Say why the double of `real` (a class) cannot be relied on; "" where it can."""
        return standing_in(read_record(self.record), self.name, real, self.digest)

    @property
    def digest(self) -> str:
        """A digest of the checks."""
        return hashlib.sha256("\n".join(map(_source, self.checks)).encode()).hexdigest()[:16]

    def _write(self, verification: Verification) -> None:
        kept = {**read_record(self.record), self.name: verification}
        self.record.parent.mkdir(parents=True, exist_ok=True)
        draft = self.record.with_suffix(".draft")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
        draft.replace(self.record)


def _run(check: Callable[[Any], Any], make: Callable[[], Any]) -> Any:
    """Run a check on a fresh subject; return the class of that."""
    if inspect.iscoroutinefunction(check):
        return anyio.run(_await, check, make)
    subject = make()
    with contextlib.ExitStack() as stack:
        entered = stack.enter_context(subject) if hasattr(subject, "__enter__") else subject
        answer: Any = check(entered)
    if inspect.isawaitable(answer) or answer is False:
        getattr(answer, "close", lambda: None)()
        raise AssertionError(f"a check must return None or True, got {answer!r}")
    return _kind(entered)


async def _await(check: Callable[[Any], Any], make: Callable[[], Any]) -> Any:
    subject = make()
    async with contextlib.AsyncExitStack() as stack:
        entered = subject
        if hasattr(subject, "__aenter__"):
            entered = await stack.enter_async_context(subject)
        elif hasattr(subject, "__enter__"):
            entered = stack.enter_context(subject)
        if await check(entered) is False:
            raise AssertionError("a check must return None or True, got False")
    return _kind(entered)


def _kind(subject: Any) -> Any:
    return subject if inspect.isroutine(subject) or isinstance(subject, type) else type(subject)


def _source(check: Callable[[Any], Any]) -> str:
    try:
        return inspect.getsource(check)
    except (OSError, TypeError):
        return repr(getattr(check, "__qualname__", check))
