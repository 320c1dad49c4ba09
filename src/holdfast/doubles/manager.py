"""What stands in for a capability manager, and answers what a test wants to hear?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any, NoReturn

from holdfast.clock import Clock
from holdfast.doubles.call_log import CallLog
from holdfast.doubles.records import MockFunctionCall
from holdfast.doubles.script import After, Script
from holdfast.doubles.standing import assume, standing_of
from holdfast.errors import UsageError
from holdfast.registry import load_place

__all__ = ["MockCapabilityManager"]


class MockCapabilityManager:
    """A `CapabilityManager` whose answers can be scripted, and that keeps who asked for what.

    Contexts, grants and patterns are those of the real one, which it asks unless
    `script` has an answer (True, False, or an exception) or `should_fail` denies all.

    >>> manager = MockCapabilityManager(["read:/data"])
    >>> manager.script("net:example.org", True)
    >>> manager.has_capability("net", "example.org"), manager.has_capability("net", "other.org")
    (True, False)
    """

    def __init__(
        self, capabilities: Iterable[str] = (), *, clock: Clock | None = None, seed: int = 0
    ) -> None:
        self._clock = clock
        self._script = Script(seed=seed)
        self._log: CallLog[MockFunctionCall] = CallLog()
        self._standing = standing_of("MockCapabilityManager")
        self._real = self._open(capabilities)
        self.should_fail: bool | BaseException = False

    def script(self, when: Any, *answers: bool | BaseException, after: After | None = None) -> None:
        """Say whether a capability is there: `script("net:example.org", True, False)`."""
        for each in answers:
            if not isinstance(each, bool | BaseException):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise UsageError(f"an answer must be True, False or an exception, got {each!r}")
        self._script.on(when, *answers, after=after)

    def set_context(self, name: str) -> None:
        """Make a context the current one; see `CapabilityManager.set_context`."""
        self._real.set_context(name)

    def get_context(self) -> str:
        """Return the name of the current context."""
        return self._real.get_context()

    def clear_context(self) -> None:
        """Go back to the default context."""
        self._real.clear_context()

    @property
    def contexts(self) -> tuple[str, ...]:
        """The names of all contexts, oldest first."""
        return self._real.contexts

    def nested(
        self, name: str, capabilities: Iterable[str] | None = None
    ) -> contextlib.AbstractContextManager[str]:
        """Work in a context within the current one; see `CapabilityManager.nested`."""
        return self._real.nested(name, capabilities)

    def grant(self, capability: str, *, context: str | None = None) -> None:
        """Grant a capability; see `CapabilityManager.grant`."""
        self._real.grant(capability, context=context)

    def revoke(self, capability: str, *, context: str | None = None) -> None:
        """Take a capability away; see `CapabilityManager.revoke`."""
        self._real.revoke(capability, context=context)

    def has_capability(self, kind: str, resource: str = "", *, context: str | None = None) -> bool:
        """Tell whether a context may use a resource, as scripted or as granted."""
        answer = self._answer(kind, resource)
        found = self._real.has_capability(kind, resource, context=context)
        if answer is not None:
            found = answer
        call = MockFunctionCall(name="has_capability", args=(kind, resource), result=found)
        self._log.add(_text(kind, resource), call)
        return found

    def require(self, kind: str, resource: str = "", operation: str = "") -> None:
        """Do nothing where the resource may be used; raise `CapabilityViolation` where not."""
        if not self.has_capability(kind, resource):
            self.refuse(kind, resource, operation)

    def refuse(
        self, kind: str, resource: str = "", operation: str = "", *, reason: str = ""
    ) -> NoReturn:
        """Refuse a use, whatever is granted or scripted; see `CapabilityManager.refuse`."""
        self._real.refuse(kind, resource, operation, reason=reason)
        raise AssertionError("a refusal must raise")

    def granted(self, *, context: str | None = None) -> tuple[str, ...]:
        """Return what a context was granted; what is scripted is no grant."""
        return self._real.granted(context=context)

    def record_violation(self, kind: str, resource: str = "", operation: str = "") -> Any:
        """Record that something was asked for and not granted; return the violation."""
        return self._real.record_violation(kind, resource, operation)

    @property
    def violations(self) -> tuple[Any, ...]:
        """All violations since the start or the last reset."""
        return self._real.violations

    @property
    def audit_log(self) -> tuple[Any, ...]:
        """Every decision since the start or the last reset, oldest first."""
        return self._real.audit_log

    @property
    def function_calls(self) -> list[MockFunctionCall]:
        """The last 1,000 questions, with their answers."""
        return list(self._log)

    def get_execution_count(self, capability: str | None = None) -> int:
        """Return how often it was asked, for one capability or at all."""
        return self._log.total if capability is None else self._log.count_of(capability)

    def get_last_execution(self) -> MockFunctionCall | None:
        """Return the latest question."""
        return self._log.last

    def reset(self) -> None:
        """Forget everything: contexts, grants, violations, audit log, scripts, questions."""
        self._script.clear()
        self._log.clear()
        self._real = self._open(())
        self.should_fail = False

    def _open(self, capabilities: Iterable[str]) -> Any:
        kind = load_place("holdfast.capabilities:CapabilityManager")
        return kind(capabilities, clock=self._clock)

    def _answer(self, kind: str, resource: str) -> bool | None:
        """Return the scripted answer, if there is one."""
        assume(self._standing)
        if isinstance(self.should_fail, BaseException):
            raise self.should_fail
        if self.should_fail:
            return False
        text = _text(kind, resource)
        if not self._script.has(text):
            return None
        answer, _ = self._script.find(text)
        if answer.error is not None:
            raise answer.error
        return bool(answer.value)


def _text(kind: str, resource: str) -> str:
    return f"{kind}:{resource}" if resource else kind
