"""Who may do what? Contexts, grants, revocations, and the log of all of it."""

from __future__ import annotations

import asyncio
import datetime
import threading

import msgspec
import pytest

from holdfast.capabilities import BadCapability, CapabilityManager, CapabilityViolation
from holdfast.capabilities.ledger import find_tampered
from holdfast.errors import UsageError


class Clock:
    """Time that is set by hand."""

    def __init__(self) -> None:
        self.at = 10.0

    def now(self) -> float:
        return self.at

    def wall(self) -> datetime.datetime:
        return datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_nothing_is_granted_at_first() -> None:
    manager = CapabilityManager()
    assert not manager.has_capability("read", "a")
    assert not manager.has_capability("net")
    assert manager.granted() == ()


def test_the_latest_decision_on_a_resource_holds() -> None:
    manager = CapabilityManager(["read:/data"])
    manager.revoke("read:/data/secret")
    assert manager.has_capability("read", "/data/a")
    assert not manager.has_capability("read", "/data/secret/key")
    manager.grant("read:/data/secret/key")
    assert manager.has_capability("read", "/data/secret/key")
    assert not manager.has_capability("read", "/data/secret/other")


def test_all_of_a_kind_is_had_only_while_no_part_is_missing() -> None:
    manager = CapabilityManager(["net"])
    assert manager.has_capability("net")
    manager.revoke("net:example.org")
    assert not manager.has_capability("net")
    assert manager.has_capability("net", "localhost:80")
    manager.grant("net")
    assert manager.has_capability("net", "example.org:80")


def test_what_is_granted_can_be_handed_on_as_texts_without_broken_grants() -> None:
    manager = CapabilityManager(["read:/a", "net", "env:HOME"])
    manager.revoke("read:/a/b")
    assert manager.granted() == ("net", "env:HOME")


def test_contexts_do_not_see_each_other() -> None:
    manager = CapabilityManager(["net"])
    manager.set_context("session")
    assert manager.get_context() == "session"
    assert not manager.has_capability("net")
    assert manager.has_capability("net", context="default")
    manager.grant("read:/a")
    manager.clear_context()
    assert not manager.has_capability("read", "/a")
    assert manager.contexts == ("default", "session")


def test_a_nested_context_has_a_part_of_what_its_parent_has() -> None:
    manager = CapabilityManager(["read:/data", "net"])
    with manager.nested("session", ["read:/data/a"]) as session:
        assert session == "default/session"
        assert manager.has_capability("read", "/data/a/x")
        assert not manager.has_capability("read", "/data/b")
        assert not manager.has_capability("net")
        with manager.nested("callback"):
            assert manager.has_capability("read", "/data/a/x")
            assert manager.granted() == ("read:/data/a",)
    assert manager.get_context() == "default"
    assert manager.contexts == ("default",)


def test_what_is_revoked_from_a_parent_is_gone_from_its_children_at_once() -> None:
    manager = CapabilityManager(["read:/data"])
    with manager.nested("session"), manager.nested("executor", ["read:/data/a"]):
        assert manager.has_capability("read", "/data/a")
        manager.revoke("read:/data", context="default")
        assert not manager.has_capability("read", "/data/a")
        assert manager.granted() == ()


def test_a_nested_context_is_never_given_more_than_its_parent_has() -> None:
    manager = CapabilityManager(["read:/data"])
    with (
        pytest.raises(CapabilityViolation, match="hand on to session"),
        manager.nested("session", ["net"]),
    ):
        pytest.fail("it must not be entered")
    with manager.nested("session"):
        with pytest.raises(CapabilityViolation, match="more than its parent"):
            manager.grant("net")
        manager.grant("read:/data/a")
    assert [each.action for each in manager.audit_log].count("refused") == 1


def test_a_nested_context_is_entered_once_at_a_time() -> None:
    manager = CapabilityManager()

    async def enter_twice() -> None:
        with manager.nested("a"):
            manager.clear_context()
            with manager.nested("a"):
                pytest.fail("it must not be entered")

    with pytest.raises(UsageError, match="entered once at a time"):
        asyncio.run(enter_twice())


def test_each_thread_and_task_has_its_own_current_context() -> None:
    manager = CapabilityManager()
    seen: list[str] = []

    async def work(name: str) -> str:
        manager.set_context(name)
        await asyncio.sleep(0)
        return manager.get_context()

    async def both() -> list[str]:
        return await asyncio.gather(work("one"), work("two"))

    assert asyncio.run(both()) == ["one", "two"]
    manager.set_context("three")
    thread = threading.Thread(target=lambda: seen.append(manager.get_context()))
    thread.start()
    thread.join()
    assert seen == ["default"]


def test_what_is_required_and_not_granted_is_a_violation_on_record() -> None:
    clock = Clock()
    manager = CapabilityManager(["read:/a"], clock=clock)
    manager.require("read", "/a/b")
    clock.at = 12.5
    with pytest.raises(CapabilityViolation, match=r"must have net:example.org to fetch") as caught:
        manager.require("net", "example.org", "fetch")
    (violation,) = manager.violations
    assert (violation.kind, violation.resource, violation.operation) == (
        "net",
        "example.org",
        "fetch",
    )
    assert violation.at_s == 12.5
    assert caught.value.capability == "net:example.org"
    assert manager.audit_log[-1].n == violation.n


def test_a_violation_can_be_recorded_by_others() -> None:
    manager = CapabilityManager()
    manager.set_context("session")
    violation = manager.record_violation("read", "/a", "open")
    assert manager.violations == (violation,)
    assert violation.context == "session"


def test_the_log_is_in_order_whatever_the_clock_does() -> None:
    clock = Clock()
    manager = CapabilityManager(clock=clock)
    manager.grant("net")
    clock.at = 5.0
    manager.revoke("net")
    assert [(each.n, each.at_s, each.action) for each in manager.audit_log] == [
        (1, 10.0, "grant"),
        (2, 10.0, "revoke"),
    ]
    assert find_tampered(manager.audit_log) == 0


@pytest.mark.parametrize("way", ["changed", "left out", "swapped", "put in"])
def test_a_log_that_was_changed_afterwards_is_found(way: str) -> None:
    manager = CapabilityManager(["net", "read:/a", "env"])
    log = list(manager.audit_log)
    if way == "changed":
        log[1] = msgspec.structs.replace(log[1], capability="read:/b")
    elif way == "left out":
        del log[1]
    elif way == "swapped":
        log[1], log[2] = log[2], log[1]
    else:
        log.insert(1, log[0])
    assert find_tampered(log) == 2


def test_a_reset_forgets_all_but_the_log() -> None:
    manager = CapabilityManager(["net"])
    manager.set_context("a")
    manager.record_violation("read", "/a")
    manager.reset()
    assert manager.get_context() == "default"
    assert manager.contexts == ("default",)
    assert manager.violations == ()
    assert not manager.has_capability("net")
    assert [each.action for each in manager.audit_log] == ["grant", "context", "violation", "reset"]


@pytest.mark.parametrize("call", ["grant", "revoke", "has_capability", "record_violation"])
def test_a_word_that_is_no_kind_is_refused(call: str) -> None:
    with pytest.raises(BadCapability, match="did you mean 'read'"):
        getattr(CapabilityManager(), call)("raed")


def test_a_context_that_is_not_there_is_refused_with_the_nearest() -> None:
    manager = CapabilityManager()
    manager.set_context("session")
    with pytest.raises(UsageError, match="did you mean 'session'"):
        manager.grant("net", context="sesion")


def test_programs_and_relative_paths_are_resolved_when_asked() -> None:
    manager = CapabilityManager(["run:sh", "read:."])
    assert manager.has_capability("run", "sh")
    assert manager.has_capability("read", "a/b")
    assert not manager.has_capability("read", "..")
    assert not manager.has_capability("run", "no-such-program")


def test_a_use_can_be_refused_whatever_is_granted_and_the_reason_is_told() -> None:
    manager = CapabilityManager(["net"])
    with pytest.raises(CapabilityViolation) as caught:
        manager.refuse("net", "example.org", "fetch", reason="3 of 3 requests are spent")
    assert str(caught.value) == (
        "net:example.org was refused in context 'default' to fetch: 3 of 3 requests are spent"
    )
    assert caught.value.capability == "net:example.org"
    (violation,) = manager.violations
    assert (violation.kind, violation.resource, violation.operation) == (
        "net",
        "example.org",
        "fetch",
    )
    assert manager.has_capability("net", "example.org")


def test_what_is_required_and_missing_is_refused_in_the_same_words() -> None:
    said: list[str] = []
    for name in ("require", "refuse"):
        with pytest.raises(CapabilityViolation) as caught:
            getattr(CapabilityManager(), name)("read", "/a", "peek")
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert (
        said[0] == "context 'default' must have read:/a to peek\nhint: grant it: grant('read:/a')"
    )


def test_a_word_that_is_no_kind_is_not_refused_but_wrong() -> None:
    manager = CapabilityManager()
    with pytest.raises(BadCapability):
        manager.refuse("nonsense")
    assert manager.violations == ()
