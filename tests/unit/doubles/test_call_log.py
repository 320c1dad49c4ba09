"""Does a call log count exactly and keep little?"""

from __future__ import annotations

import threading

import pytest

from holdfast.doubles import CallLog
from holdfast.doubles import call_log as module
from holdfast.errors import UsageError


def test_the_last_records_are_kept_and_all_are_counted() -> None:
    log = CallLog[int](limit=3)
    for n in range(10):
        log.add("even" if n % 2 == 0 else "odd", n)
    assert (list(log), len(log), log.total, log.last) == ([7, 8, 9], 3, 10, 9)
    assert (log.count_of("even"), log.count_of("odd"), log.count_of("none")) == (5, 5, 0)


def test_a_cleared_log_is_empty() -> None:
    log = CallLog[int]()
    log.add("a", 1)
    log.clear()
    assert (list(log), log.total, log.last, log.count_of("a")) == ([], 0, None, 0)


def test_what_was_not_counted_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    log = CallLog[int]()
    for key in ("a", "b", "c", "a"):
        log.add(key, 1)
    assert (log.total, log.count_of("a"), log.count_of("b")) == (4, 2, 1)
    with pytest.raises(UsageError, match="among the first 2 to be counted, got 'c'"):
        log.count_of("c")


def test_threads_lose_no_count() -> None:
    log = CallLog[int](limit=1)

    def work() -> None:
        for n in range(200):
            log.add("a", n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (log.total, log.count_of("a")) == (800, 800)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True])
def test_a_limit_is_a_number_of_records(limit: int) -> None:
    with pytest.raises(UsageError, match="limit must be a number of records of at least 1"):
        CallLog[int](limit=limit)
