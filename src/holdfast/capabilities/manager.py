"""Who may do what at the moment? Contexts, what is granted in them, and what was asked for in vain."""

# ruff: noqa: PTH109 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Generator, Iterable
from contextvars import ContextVar
from typing import Any, NoReturn

import msgspec

from holdfast.capabilities.grammar import parse_capabilities, parse_capability
from holdfast.capabilities.ledger import AuditEntry, AuditLog
from holdfast.capabilities.resource import compile_resource, resolve_path, resolve_program
from holdfast.capabilities.scope import format_capability
from holdfast.capabilities.violation import CapabilityViolation
from holdfast.clock import Clock, SystemClock
from holdfast.errors import UsageError
from holdfast.text.suggest import did_you_mean

__all__ = ["AuditEntry", "CapabilityManager", "Violation"]

DEFAULT = "default"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked for and not granted; `n` is its entry in the audit log."""

    n: int
    at_s: float
    context: str
    kind: str
    resource: str
    operation: str = ""


class _Decision(msgspec.Struct, frozen=True):
    """A grant or a revocation, ready to be asked."""

    is_grant: bool
    kind: str
    resource: str
    covers: Any


class _Context(msgspec.Struct):
    """A named set of decisions; `parent` holds it to what that one has."""

    name: str
    parent: str
    inherits: bool
    decisions: list[_Decision]


class CapabilityManager:
    """Keeps what is granted, by context, and an append-only log of every decision.

    Nothing is granted at first. The latest decision on a resource holds: a revocation
    takes a part out of a wider grant. A nested context has what its parent has, or a part
    of it, never more; what is revoked from the parent is gone from it at once.
    The current context is that of the thread or task, and safe to change in any of them.

    >>> manager = CapabilityManager()
    >>> manager.grant("read:/data")
    >>> manager.has_capability("read", "/data/a.csv"), manager.has_capability("net")
    (True, False)
    """

    def __init__(self, capabilities: Iterable[str] = (), *, clock: Clock | None = None) -> None:
        self._log = AuditLog(clock if clock is not None else SystemClock())
        self._lock = threading.RLock()
        self._current: ContextVar[str] = ContextVar("holdfast_capabilities", default=DEFAULT)
        self._contexts: dict[str, _Context] = {}
        self._violations: list[Violation] = []
        self._start()
        for capability in capabilities:
            self.grant(capability)

    # --- contexts ---------------------------------------------------------------

    def set_context(self, name: str) -> None:
        """Make a context the current one, for this thread or task; an unknown one is new and empty."""
        with self._lock:
            if name not in self._contexts:
                self._add(name, parent="", inherits=False)
        self._current.set(name)

    def get_context(self) -> str:
        """Return the name of the current context."""
        return self._current.get()

    def clear_context(self) -> None:
        """Go back to the default context."""
        self._current.set(DEFAULT)

    @property
    def contexts(self) -> tuple[str, ...]:
        """The names of all contexts, oldest first."""
        with self._lock:
            return tuple(self._contexts)

    @contextlib.contextmanager
    def nested(self, name: str, capabilities: Iterable[str] | None = None) -> Generator[str]:
        """Work in a context within the current one, with a part of what that has, or all of it.

        It is how capabilities are handed on, from a helper to its session, to a callback,
        to an executor. The context is named `outer/name` and is gone afterwards.

        Raises:
            CapabilityViolation: a capability is not among those of the current context.
        """
        outer = self.get_context()
        full = f"{outer}/{name}"
        asked = None if capabilities is None else parse_capabilities(capabilities)
        for kind, resource in asked or ():
            self.require(kind, resource, f"hand on to {name}")
        with self._lock:
            if full in self._contexts:
                raise UsageError(f"a context must be entered once at a time, got {full!r} again")
            self._add(full, parent=outer, inherits=asked is None)
            for kind, resource in asked or ():
                self._decide(full, kind, resource, is_grant=True)
        token = self._current.set(full)
        try:
            yield full
        finally:
            self._current.reset(token)
            with self._lock:
                self._contexts.pop(full, None)

    # --- decisions --------------------------------------------------------------

    def grant(self, capability: str, *, context: str | None = None) -> None:
        """Grant a capability in a context, the current one unless named.

        Raises:
            BadCapability: it names none.
            CapabilityViolation: the context is nested, and its parent does not have it.
        """
        kind, resource = parse_capability(capability)
        with self._lock:
            name = self._known(context)
            parent = self._contexts[name].parent
            if parent and not self._has(parent, kind, resource):
                self._log.add("refused", name, capability, f"{parent} does not have it")
                raise CapabilityViolation(
                    f"a nested context must not have more than its parent, got {capability!r}",
                    capability,
                    f"grant it to {parent!r} first",
                )
            self._decide(name, kind, resource, is_grant=True)

    def revoke(self, capability: str, *, context: str | None = None) -> None:
        """Take a capability away, also where it is part of a wider grant.

        Raises:
            BadCapability: it names none.
        """
        kind, resource = parse_capability(capability)
        with self._lock:
            self._decide(self._known(context), kind, resource, is_grant=False)

    def has_capability(self, kind: str, resource: str = "", *, context: str | None = None) -> bool:
        """Tell whether a context may use a resource; "" asks for all of the kind.

        Raises:
            BadCapability: there is no such kind.
        """
        parse_capability(kind)
        with self._lock:
            return self._has(self._known(context), kind, resource)

    def require(self, kind: str, resource: str = "", operation: str = "") -> None:
        """Do nothing where the current context may use a resource.

        Raises:
            CapabilityViolation: it may not; the violation is recorded.
        """
        if not self.has_capability(kind, resource):
            self.refuse(kind, resource, operation)

    def refuse(
        self, kind: str, resource: str = "", operation: str = "", *, reason: str = ""
    ) -> NoReturn:
        """Refuse a use, whatever is granted: record the violation and raise it.

        For what grants do not decide: a limit that is spent, a person who did not agree,
        a kernel that stopped it. `has_capability` asks, `require` asks and refuses,
        `record_violation` records and goes on.

        Raises:
            CapabilityViolation: always.

        >>> manager = CapabilityManager(["net"])
        >>> manager.refuse("net", "example.org", "fetch", reason="3 of 3 requests are spent")
        Traceback (most recent call last):
        ...
        holdfast.capabilities.violation.CapabilityViolation: net:example.org was refused in context 'default' to fetch: 3 of 3 requests are spent
        """
        self.record_violation(kind, resource, operation)
        text, context = format_capability(kind, resource), self.get_context()
        doing = f" to {operation}" if operation else ""
        if reason:
            message = f"{text} was refused in context {context!r}{doing}: {reason}"
            raise CapabilityViolation(message, text)
        message = f"context {context!r} must have {text}{doing}"
        raise CapabilityViolation(message, text, f"grant it: grant({text!r})")

    def granted(self, *, context: str | None = None) -> tuple[str, ...]:
        """Return what a context may use, as texts that can be handed to a confined process.

        A grant of which a part was revoked is left out as a whole: it cannot be written.
        """
        with self._lock:
            at = self._contexts[self._known(context)]
            while at.inherits:
                at = self._contexts[at.parent]
            texts = [
                format_capability(each.kind, each.resource)
                for each in at.decisions
                if each.is_grant and self._is_whole(at, each)
            ]
            return tuple(dict.fromkeys(texts))

    # --- records ----------------------------------------------------------------

    def record_violation(self, kind: str, resource: str = "", operation: str = "") -> Violation:
        """Record that something was asked for and not granted."""
        parse_capability(kind)
        context = self.get_context()
        with self._lock:
            entry = self._log.add(
                "violation", context, format_capability(kind, resource), operation
            )
            violation = Violation(
                n=entry.n,
                at_s=entry.at_s,
                context=context,
                kind=kind,
                resource=resource,
                operation=operation,
            )
            self._violations.append(violation)
        return violation

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All violations since the start or the last reset."""
        with self._lock:
            return tuple(self._violations)

    @property
    def audit_log(self) -> tuple[AuditEntry, ...]:
        """Every decision since the start, oldest first; see `ledger.find_tampered`."""
        return self._log.entries

    def reset(self) -> None:
        """Forget contexts, grants and violations; the audit log goes on."""
        with self._lock:
            self._log.add("reset", self.get_context())
            self._start()
        self._current.set(DEFAULT)

    # --- inside -----------------------------------------------------------------

    def _start(self) -> None:
        self._contexts = {DEFAULT: _Context(DEFAULT, "", inherits=False, decisions=[])}
        self._violations = []

    def _add(self, name: str, *, parent: str, inherits: bool) -> None:
        self._contexts[name] = _Context(name, parent, inherits, [])
        self._log.add("context", name, detail=f"within {parent}" if parent else "")

    def _known(self, context: str | None) -> str:
        name = self.get_context() if context is None else context
        if name not in self._contexts:
            raise UsageError(f"no such context {name!r}{did_you_mean(name, self._contexts)}")
        return name

    def _decide(self, context: str, kind: str, resource: str, *, is_grant: bool) -> None:
        covers = compile_resource(kind, resource, os.getcwd(), _search())
        decision = _Decision(is_grant, kind, resource, covers)
        self._contexts[context].decisions.append(decision)
        action = "grant" if is_grant else "revoke"
        self._log.add(action, context, format_capability(kind, resource))

    def _has(self, name: str, kind: str, resource: str) -> bool:
        at = self._contexts[name]
        if at.parent and not self._has(at.parent, kind, resource):
            return False
        used = _resolve(kind, resource)
        for each in reversed(at.decisions):
            if each.kind != kind:
                continue
            if not resource:
                # All of it: a part that was revoked is missing, a part that was granted is not all.
                if not each.is_grant or not each.resource:
                    return each.is_grant
            elif each.covers(used):
                return each.is_grant
        return at.inherits

    def _is_whole(self, at: _Context, grant: _Decision) -> bool:
        """Tell whether no later revocation, here or further out, touches a grant."""
        later = at.decisions[at.decisions.index(grant) + 1 :]
        if any(not each.is_grant and each.kind == grant.kind for each in later):
            return False
        return not at.parent or self._has(at.parent, grant.kind, grant.resource)


def _resolve(kind: str, resource: str) -> str:
    """Return what a resource leads to now."""
    if not resource:
        return ""
    if kind in {"read", "write"}:
        return resolve_path(resource, os.getcwd())
    if kind == "run":
        return resolve_program(resource, os.getcwd(), _search()) or resource
    return resource.lower() if kind == "net" else resource


def _search() -> str:
    return os.environ.get("PATH", os.defpath)
