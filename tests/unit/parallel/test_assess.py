from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from holdfast.model.finding import Finding
from holdfast.parallel.assess import all_equal, no_failures, same_as_other, same_as_serial
from holdfast.parallel.contest import Compared, Entry
from holdfast.parallel.facts import Mapped
from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.task import map_items

HERE = __name__
_calls: list[int] = []


def double(x: int) -> int:
    return 2 * x


def count(x: int) -> int:
    _calls.append(x)
    return len(_calls)


def drain(items: list[int]) -> int:
    items.append(0)
    return len(items)


def invert(x: int) -> float:
    return 1 / x


def doubles(n: int) -> list[int]:
    return [2 * x for x in range(n)]


async def later(n: int) -> list[int]:
    return doubles(n)


def nested(last: float = 1.0) -> dict[str, Any]:
    return {"a": [1, {"b": last}]}


def mapped(name: str, items: list[Any], **options: Any) -> Mapped:
    return map_items(f"{HERE}:{name}", {"items": items}, executor="serial", **options)


def test_a_map_that_equals_the_loop_passes() -> None:
    found = same_as_serial(mapped("double", [1, 2, 3]))
    assert found.status == "passed"
    assert found.message == "equal: 3 items were run again serially and compared"


def test_a_result_that_was_changed_is_found_with_its_index_and_both_values() -> None:
    value = mapped("double", [1, 2, 3])
    wrong = msgspec.structs.replace(value, results=[2, 5, 6])
    found = same_as_serial(wrong)
    assert (found.status, found.expected, found.observed) == ("failed", 4, 5)
    assert found.message == "differs at item 1: serial gave 4, parallel gave 5"


@pytest.mark.parametrize("results", [[2, 4], [2, 4, 6, 8]])
def test_a_lost_or_added_result_is_found(results: list[int]) -> None:
    wrong = msgspec.structs.replace(mapped("double", [1, 2, 3]), results=results)
    found = same_as_serial(wrong)
    assert found.status == "failed"
    assert found.message == f"differs: 3 items, but {len(results)} results"


def test_an_impure_function_decides_nothing() -> None:
    assert same_as_serial(mapped("count", [1, 2, 3])).status == "undecided"


def test_a_function_that_changes_its_items_fails() -> None:
    found = same_as_serial(mapped("drain", [[1], [2]]))
    assert found.status == "failed"
    assert found.message.startswith("mutates_input at item 0")


def test_a_tolerance_is_one_that_was_asked_for() -> None:
    near = msgspec.structs.replace(mapped("invert", [1, 3]), results=[1.0, 0.3334])
    assert same_as_serial(near).status == "failed"
    assert same_as_serial(near, tolerance=0.01).message.startswith("equal_within")


def test_the_comparison_that_the_map_itself_made_is_taken() -> None:
    value = mapped("double", [1, 2, 3], verify="full")
    assert value.equality is not None
    wrong = msgspec.structs.replace(value, results=[0, 0, 0])
    assert same_as_serial(wrong).status == "passed"


def test_a_sample_is_no_proof_of_all() -> None:
    items = list(range(100))
    value = mapped("double", items, verify="sample")
    assert value.equality is not None
    assert value.equality.compared < 100
    wrong = msgspec.structs.replace(value, results=[0] * 100)
    assert same_as_serial(wrong, mode="sample").status == "passed"
    assert same_as_serial(wrong).status == "failed"


def test_a_sample_runs_some_items_again() -> None:
    found = same_as_serial(mapped("double", list(range(100))), mode="sample")
    assert found.message == "equal: 10 items were run again serially and compared"


def test_what_is_no_map_has_no_serial_loop() -> None:
    found = same_as_serial([1, 2])
    assert found.status == "undecided"
    assert found.message.startswith("same_as: serial must be asked of a map, got list")


def test_failures_of_items_are_counted() -> None:
    value = mapped("invert", [1, 0, 0], on_error="collect")
    found = no_failures(value)
    assert found.status == "failed"
    assert found.message.startswith("2 of 3 items failed: item 1: ZeroDivisionError")
    assert same_as_serial(value).status == "passed"
    assert no_failures(mapped("invert", [1])).status == "passed"


def ask(value: Any, name: str, **more: Any) -> Finding:
    found = same_as_other(value, other=f"{HERE}:{name}", **more)
    if isinstance(found, Finding):
        return found

    async def wait() -> Finding:
        return await found

    return asyncio.run(wait())


@pytest.mark.parametrize("name", ["doubles", "later"])
def test_another_function_that_gives_the_same_passes(name: str) -> None:
    assert ask([0, 2, 4], name, arguments={"n": 3}).status == "passed"
    found = ask([0, 2, 5], name, arguments={"n": 3})
    assert (found.status, found.expected, found.observed) == ("failed", 4, 5)
    assert f"differs at [2]: {HERE}:{name} gave 4, the target gave 5" == found.message


def test_the_results_of_a_map_are_compared_with_a_function_of_the_whole() -> None:
    value = mapped("double", [0, 1, 2])
    assert ask(value, "doubles", arguments={"n": 3}).status == "passed"


def test_the_first_difference_is_told_with_its_path() -> None:
    found = ask({"a": [1, {"b": 2.0}]}, "nested")
    assert found.message.startswith("differs at ['a'][1]['b']:")
    assert ask({"a": [1, {"b": 1.0 + 1e-9}]}, "nested", tolerance=1e-6).status == "passed"
    assert ask({"a": [1]}, "nested").message.startswith("differs at ['a']:")


def test_another_function_that_differs_from_itself_decides_nothing() -> None:
    found = ask(-1, "count", arguments={"x": 1})
    assert found.status == "undecided"
    assert "two different values" in found.message


def test_arguments_that_do_not_fit_decide_nothing() -> None:
    found = ask([0], "doubles", arguments={"m": 3})
    assert found.status == "undecided"
    assert "must take the arguments of `with`" in found.message


def test_another_function_that_raises_is_not_the_same() -> None:
    found = ask(1.0, "invert", arguments={"x": 0})
    assert found.status == "failed"
    assert "raised ZeroDivisionError: division by zero" in found.message


def test_values_that_cannot_be_compared_decide_nothing() -> None:
    assert ask((n for n in [1]), "generated").status == "undecided"


def generated() -> Any:
    return (n for n in [1])


def test_an_unknown_function_is_told_to_whoever_called() -> None:
    with pytest.raises(WrongArgument, match="did you mean 'double'"):
        ask(1, "doublez")


def entry(name: str, differs: str = "") -> Entry:
    return Entry(name=name, executor="thread", differs=differs)


@pytest.mark.parametrize(
    ("differs", "status"),
    [("", "passed"), ("item 3: ...", "failed"), ("impure: item 3: ...", "undecided")],
)
def test_a_comparison_holds_where_every_strategy_agrees(differs: str, status: str) -> None:
    entries = (entry("serial"), entry("thread:2", differs))
    value = Compared(func="m:f", items=3, rounds=1, cores=2, entries=entries, best="serial")
    assert all_equal(value).status == status
