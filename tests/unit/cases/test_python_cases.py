"""What do `@holdfast.case` and the functions that it marks become?"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from holdfast.cases.case_file import Loaded
from holdfast.cases.mark import MARK, case
from holdfast.cases.python_file import PythonSource
from holdfast.errors import ProblemsError
from holdfast.model.case import Expect, Target
from tests.unit.cases.loading import load_paths


def function(qualname: str, line: int = 1, doc: str = "", **options: Any) -> dict[str, Any]:
    return {"qualname": qualname, "options": options, "lane": "sync", "line": line, "doc": doc}


def loaded(folder: Path, *functions: dict[str, Any], **more: Any) -> Loaded:
    source = PythonSource(path="checks/login.py", functions=functions, **more)
    return load_paths(folder, python=[source])


def refused(folder: Path, *functions: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        loaded(folder, *functions, **more)
    return [str(problem) for problem in caught.value.problems]


def test_a_marked_function_stays_itself() -> None:
    def plain() -> int:
        return 3

    assert case(plain) is plain
    assert case(tags=["a"])(plain) is plain
    assert plain() == 3
    assert getattr(plain, MARK) == {"tags": ["a"]}


def test_with_has_its_plain_name() -> None:
    @case(with_={"n": 1}, timeout="1s")
    def plain(n: int) -> int:
        return n

    assert getattr(plain, MARK) == {"with": {"n": 1}, "timeout": "1s"}


def test_only_functions_can_be_marked() -> None:
    with pytest.raises(TypeError, match="takes keyword arguments only, got 'slow'"):
        case("slow")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="must mark a function, got 3"):
        case(tags=["a"])(3)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="must mark a function, got functools"):
        case(functools.partial(print))


def test_a_marked_function_is_a_case(tmp_path: Path) -> None:
    found = loaded(tmp_path, function("ok", 12, "Say yes.\n\nMore.", tags=("a",), timeout="1s"))
    (only,) = found.cases
    assert (only.full_id, only.source) == ("login/checks.login:ok", "checks/login.py:12")
    assert only.target == Target(kind="python", spec={"ref": "checks/login.py:ok", "with": {}})
    assert (only.description, only.tags, only.timeout_s) == ("Say yes.", ("a",), 1.0)
    assert only.expect == (Expect("completes", "alone"),)


def test_completes_is_implied_unless_raises_is_named(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        function("a", expect=[{"equals": 3}]),
        function("b", expect=[{"raises": "KeyError"}]),
        function("c", expect=({"not": {"raises": "KeyError"}},)),
        function("d", expect=["completes"]),
        function("e", expect=()),
    )
    assert [[(expect.name, expect.params) for expect in each.expect] for each in found.cases] == [
        [("completes", None), ("equals", 3)],
        [("raises", "KeyError")],
        [("not", {"raises": "KeyError"})],
        [("completes", None), ("completes", None)],
        [("completes", "alone")],
    ]


def test_after_may_name_a_function_of_the_file(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        function("a"),
        function("b", after=("a",)),
        function("c", after=["checks.login:b"]),
    )
    assert [each.after for each in found.cases] == [
        (),
        ("login/checks.login:a",),
        ("login/checks.login:b",),
    ]


def test_values_of_foreach_become_arguments(tmp_path: Path) -> None:
    found = loaded(tmp_path, function("a", foreach={"n": [1, 2]}))
    assert [each.target.spec["with"] for each in found.cases] == [{"n": 1}, {"n": 2}]
    assert found.cases[0].id == "checks.login:a[n=1]"


def test_files_may_share_a_suite(tmp_path: Path) -> None:
    sources = [
        PythonSource(path=f"{name}.py", functions=[function("f")], suite="s") for name in "ab"
    ]
    found = load_paths(tmp_path, python=sources)
    assert [each.full_id for each in found.cases] == ["s/a:f", "s/b:f"]


def test_problems_stand_at_the_line_of_the_function(tmp_path: Path) -> None:
    assert refused(tmp_path, function("a", 3), function("b", 7, timout=3, priority="x")) == [
        "checks/login.py:7: 'priority' must be a whole number, got 'x'",
        "checks/login.py:7: no such key 'timout'; did you mean 'timeout'?",
    ]


def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    assert refused(tmp_path, error="ImportError: no numpy\n  line 3\n") == [
        "checks/login.py: the file must be importable, got ImportError: no numpy\nhint: line 3"
    ]
    assert refused(tmp_path) == [
        "checks/login.py: the file must have a marked function, got none\n"
        "hint: write @holdfast.case above a function"
    ]


def test_rows_of_a_file_belong_to_case_files(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, function("a", 3, foreach={"file": "rows.json"}))
    assert found.startswith("checks/login.py:3: 'file' must stand in a case file")


def test_a_function_that_cannot_be_run_is_a_problem_of_its_line(tmp_path: Path) -> None:
    hidden = {**function("a", 7), "problem": "a second 'a'", "hint": "rename it"}
    assert refused(tmp_path, function("a", 3), hidden) == [
        "checks/login.py:7: a second 'a'\nhint: rename it"
    ]
