"""Eleven promises of a capability manager: the real one and its double keep them alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from holdfast.capabilities import BadCapability, CapabilityManager, CapabilityViolation
from holdfast.doubles import MockCapabilityManager
from holdfast.errors import UsageError

KINDS: tuple[Callable[..., Any], ...] = (CapabilityManager, MockCapabilityManager)


def both(*capabilities: str) -> list[Any]:
    """Return the real manager and its double, with the same grants."""
    return [kind(list(capabilities)) for kind in KINDS]


def test_what_was_not_granted_is_denied() -> None:
    for manager in both():
        assert not manager.has_capability("read", "/data/a")
        assert not manager.has_capability("net")


def test_a_grant_opens_what_it_names_and_nothing_else() -> None:
    for manager in both():
        manager.grant("read:/data")
        assert manager.has_capability("read", "/data/a")
        assert not manager.has_capability("write", "/data/a")
        assert manager.granted() == ("read:/data",)


def test_a_resource_is_matched_and_not_looked_up_in_a_list() -> None:
    for manager in both("read:/data/*.csv", "net:*.example.org"):
        assert manager.has_capability("read", "/data/a.csv")
        assert not manager.has_capability("read", "/data/a.txt")
        assert manager.has_capability("net", "a.example.org:443")
        assert not manager.has_capability("net", "example.com:443")


def test_a_revocation_wins_over_the_grant_that_holds_it() -> None:
    for manager in both("net"):
        manager.revoke("net:example.org")
        assert not manager.has_capability("net", "example.org:80")
        assert manager.has_capability("net", "example.com:80")


def test_a_kind_that_is_none_is_refused() -> None:
    for manager in both():
        with pytest.raises(BadCapability, match="'fly'"):
            manager.has_capability("fly", "/")


def test_a_context_is_set_told_and_cleared() -> None:
    for manager in both():
        assert manager.get_context() == "default"
        manager.set_context("session")
        assert manager.get_context() == "session"
        manager.clear_context()
        assert manager.get_context() == "default"


def test_contexts_have_grants_of_their_own() -> None:
    for manager in both("read:/data"):
        manager.set_context("callback")
        assert not manager.has_capability("read", "/data/a")
        manager.grant("net")
        assert manager.has_capability("net", "example.org:80")
        assert not manager.has_capability("net", "example.org:80", context="default")
        assert manager.has_capability("read", "/data/a", context="default")


def test_a_hundred_contexts_are_kept_apart() -> None:
    for manager in both():
        for n in range(100):
            manager.set_context(f"c{n}")
            manager.grant(f"read:/data/{n}")
        assert len(manager.contexts) == 101
        allowed = [n for n in range(100) if manager.has_capability("read", f"/data/{n}")]
        assert allowed == [99]


def test_a_violation_is_kept_with_kind_resource_and_operation() -> None:
    for manager in both():
        manager.record_violation("net", "example.org:80", "connect")
        with pytest.raises(CapabilityViolation, match="must have read:/etc/passwd to peek"):
            manager.require("read", "/etc/passwd", "peek")
        found = [(each.kind, each.resource, each.operation) for each in manager.violations]
        assert found == [("net", "example.org:80", "connect"), ("read", "/etc/passwd", "peek")]
        assert [each.action for each in manager.audit_log][-2:] == ["violation", "violation"]


def test_an_answer_of_the_double_is_what_was_scripted_and_the_question_is_kept() -> None:
    manager = MockCapabilityManager(["read:/data"])
    manager.script("net:example.org", True, False)
    manager.script("env:HOME", LookupError("gone"))
    assert [manager.has_capability("net", "example.org") for _ in range(2)] == [True, False]
    with pytest.raises(LookupError, match="gone"):
        manager.has_capability("env", "HOME")
    assert manager.has_capability("read", "/data/a")
    assert [each.result for each in manager.function_calls] == [True, False, True]
    assert manager.get_execution_count("net:example.org") == 2
    with pytest.raises(UsageError, match="an answer must be True, False or an exception"):
        getattr(manager, "script")("net", 1)  # noqa: B009 - no type checker lets it pass


def test_a_reset_forgets_contexts_grants_and_violations() -> None:
    for manager in both("read:/data"):
        manager.set_context("session")
        manager.record_violation("net")
        manager.reset()
        assert (manager.contexts, manager.granted()) == (("default",), ())
        assert (manager.violations, manager.get_context()) == ((), "default")
        assert not manager.has_capability("read", "/data/a")
