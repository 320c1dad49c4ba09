"""Is what a case asks for read, completed, and refused where it cannot mean anything?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.errors import UsageError
from holdfast.measure.baseline import Stored
from holdfast.measure.compare_case import COMPARE, Request
from holdfast.measure.verdict import conclude
from tests.unit.measure.launches import launch_of
from tests.unit.measure.sittings import sitting_of

NEW: dict[str, Any] = {"target": "shop:total", "kwargs": {"count": 3}}


def encoded(than: Any, new: Any = NEW, **options: Any) -> Request:
    data = COMPARE.encode(new, COMPARE.check({"than": than, **options}), root="somewhere", seed=4)
    return msgspec.json.decode(data, type=Request)


def test_options_are_completed_as_plain_data() -> None:
    assert COMPARE.check({"than": "main", "by": "10%", "budget": "1m"}) == {
        "than": {"revision": "main"},
        "by": 0.1,
        "floor": 0.05,
        "alpha": 0.01,
        "unit": "auto",
        "budget": 60.0,
        "launches": 3,
        "concurrency": 1,
        "aa": 0,
    }


def test_the_other_version_is_a_revision_a_function_or_an_object() -> None:
    assert encoded("main").base.revision == "main"
    assert encoded("main").base.target == "shop:total"
    assert encoded("old_shop:total").base.target == "old_shop:total"
    other = encoded({"install": ["shop==1.2"], "python": "python3.12"}).base
    assert (other.install, other.python, other.kwargs) == (
        ("shop==1.2",),
        "python3.12",
        {"count": 3},
    )


def test_the_version_of_the_case_is_the_new_one() -> None:
    request = encoded("main", concurrency=4)
    assert (request.new.target, request.new.revision, request.new.concurrency) == (
        "shop:total",
        "",
        4,
    )
    assert (request.root, request.seed) == ("somewhere", 4)
    assert request.new.version().kwargs == {"count": 3}


def test_a_command_may_be_compared_with_another_one_and_with_a_function() -> None:
    command = {"command": ["shop", "--version"]}
    other = encoded({"command": ["shop2", "--version"]}, command)
    assert other.base.command == ("shop2", "--version")
    assert encoded({"target": "shop:total"}, command).base.command == ()
    assert encoded({"command": ["shop"]}).base.target == ""
    assert encoded({"command": ["shop"]}).base.version().target is None


def test_identical_versions_need_no_other_one() -> None:
    options = COMPARE.check({"aa": 10})
    assert (options["aa"], options["than"]) == (10, {})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "than must name the version to compare with, got None"),
        ({"than": ""}, "than must name the version to compare with, got ''"),
        ({"than": {}}, "than must name the version to compare with, got {}"),
        ({"than": 3}, "than must name the version to compare with, got 3"),
        ({"than": {"revison": "a"}}, "than cannot be read: "),
        ({"than": "main", "buy": "5%"}, "no such key 'buy'; did you mean 'by'?"),
        ({"than": "main", "by": "5 apples"}, "by: "),
        ({"than": "main", "budget": "5 apples"}, "budget: "),
        ({"than": "main", "budget": 0}, "budget must be above 0, got 0"),
        ({"than": "main", "launches": True}, "launches must be a whole number of at least 2"),
        ({"than": "main", "aa": -1}, "aa must be a whole number of at least 0, got -1"),
        ({"than": "main", "by": "0.5%"}, "slower must be at least the floor 0.01, got 0.005"),
    ],
)
def test_options_that_mean_nothing_are_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        COMPARE.check(raw)
    assert caught.value.message.startswith(message)


def test_versions_that_mean_nothing_are_refused_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="a target must be 'module:function', got ':'"):
        encoded(":")


def test_stored_pairs_are_judged_by_other_limits() -> None:
    launches = [launch_of([1.03, 1.031, 1.029, 1.03, 1.03, 1.03])] * 12
    narrow, wide = (COMPARE.rules({"by": by, "floor": "1%"}) for by in ("2%", "20%"))
    fact = msgspec.to_builtins(conclude(launches, narrow))
    assert fact["status"] == "slower"
    assert COMPARE.conclude(fact, wide).status == "fine"
    assert COMPARE.conclude(fact, narrow) == conclude(launches, narrow)


def test_an_error_stays_one_by_whatever_limits() -> None:
    rules = COMPARE.rules({})
    fact = {"status": "error", "reason": "no luck", "rules": msgspec.to_builtins(rules)}
    assert COMPARE.conclude(fact, rules).reason == "no luck"


def test_a_child_without_an_answer_gives_none() -> None:
    assert COMPARE.read(b"") is None
    nothing = {"comparison": None, "self_test": None, "sitting": None}
    assert COMPARE.read(b'{"comparison": null}') == nothing


def test_a_baseline_is_the_case_s_own_or_named() -> None:
    assert COMPARE.check({"than": "baseline"})["than"] == {"baseline": ""}
    checked = COMPARE.check({"than": {"baseline": "totals"}})
    assert checked["than"] == {"baseline": "totals"}
    assert COMPARE.check({"than": {"revision": "baseline"}})["than"] == {"revision": "baseline"}


@pytest.mark.parametrize(
    "than", [{"baseline": 3}, {"baseline": ""}, {"baseline": "a", "python": "b"}]
)
def test_a_baseline_that_means_nothing_is_refused(than: Any) -> None:
    with pytest.raises(UsageError, match="than must name a baseline by a text and nothing besides"):
        COMPARE.check({"than": than})


def test_for_a_baseline_the_target_alone_is_measured() -> None:
    request = encoded("baseline", concurrency=4)
    assert request.is_sitting
    assert (request.new.target, request.new.concurrency) == ("shop:total", 4)
    assert not encoded("main").is_sitting
    with pytest.raises(UsageError, match="a target must be 'module:function'"):
        encoded("baseline", {"target": "shop"})


def test_what_the_plan_knows_of_a_baseline_stands_beside_its_name() -> None:
    options = COMPARE.check({"than": "baseline"})
    assert COMPARE.stored(COMPARE.check({"than": "main"})) is None
    found = COMPARE.stored(options)
    assert found is not None
    assert (found["name"], found["exists"], found["sittings"]) == ("", False, [])
    kept = msgspec.to_builtins(Stored(file="a.json", exists=True, sittings=(sitting_of(),)))
    found = COMPARE.stored({**options, "than": {"baseline": "", "stored": kept}})
    assert found == {"name": "", **kept}
    fact = {**found, "now": msgspec.to_builtins(sitting_of([0.5] * 6))}
    assert COMPARE.hold(fact, COMPARE.rules({})).status == "slower"
