"""Is what a reference names found, called as it must be, and imported once?"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.execute.collect import collect_file
from holdfast.process import reference
from holdfast.process.reference import find, import_file, lane_of, lane_of_reference


@pytest.fixture(autouse=True)
def forgets_what_it_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = set(sys.modules)
    monkeypatch.setattr(reference, "_found", {})
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


async def coroutine() -> None:
    """Nothing."""


class Callable:
    async def __call__(self) -> None:
        """Nothing."""


def test_a_lane_is_told_through_partials_and_callable_objects() -> None:
    assert lane_of(coroutine) == "async"
    assert lane_of(functools.partial(functools.partial(coroutine))) == "async"
    assert lane_of(Callable()) == "async"
    assert lane_of(functools.partial(print)) == "sync"


def test_what_cannot_be_found_is_sync() -> None:
    assert lane_of_reference("no.such.module:f") == "sync"
    assert lane_of_reference(f"{__name__}:coroutine") == "async"


def test_a_module_that_ends_its_import_is_sync_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "ends_itself.py"
    path.write_text("raise SystemExit(3)")
    assert lane_of_reference(f"{path}:f") == "sync"
    assert "ends_itself" not in sys.modules


def test_a_reference_is_looked_up_once(tmp_path: Path) -> None:
    path = tmp_path / "counted_once.py"
    path.write_text("class A:\n    @staticmethod\n    def f(): return 1\nx = 1\n")
    found = find(f"{path}:A.f")
    path.unlink()
    assert find(f"{path}:A.f") is found
    with pytest.raises(TypeError, match="must be callable, got int"):
        find(f"{path}:x")


def test_files_of_one_name_are_modules_of_their_own(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "same_name.py" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"place = {path.parent.name!r}\n")
    first, second = (import_file(str(path)) for path in paths)
    assert (first.place, second.place) == ("a", "b")
    assert import_file(str(paths[0])) is first
    assert import_file(str(paths[1])) is second


def test_a_file_that_is_not_there_is_an_import_error(tmp_path: Path) -> None:
    with pytest.raises(ImportError, match="there is no Python file"):
        import_file(str(tmp_path / "absent.py"))


CASES = '''
import functools
import holdfast
from json import dumps

def plain(): pass

@holdfast.case(tags=["x"])
async def later():
    """Be late."""

class Group:
    @holdfast.case
    def inside(): pass

@holdfast.case
@functools.wraps(plain)
def wrapped(): pass

class Outer:
    class Inner:
        @staticmethod
        @holdfast.case
        def deep(): pass
'''


def test_the_marked_functions_of_a_file_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "collected_cases.py"
    path.write_text(CASES)
    found = collect_file(3, str(path))
    assert (found.n, found.error) == (3, "")
    assert [(each["qualname"], each["lane"], each["doc"]) for each in found.functions] == [
        ("plain", "sync", ""),
        ("later", "async", "Be late."),
        ("Group.inside", "sync", ""),
        ("Outer.Inner.deep", "sync", ""),
    ]
    assert found.functions[1]["options"] == {"tags": ["x"]}


def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    path = tmp_path / "broken_cases.py"
    path.write_text("import no_such_module_at_all\n")
    found = collect_file(1, str(path))
    assert found.functions == ()
    assert found.error.startswith("ModuleNotFoundError: No module named 'no_such_module_at_all'")
    assert "broken_cases.py" in found.error


HIDDEN = """
import holdfast

def once(function):
    return lambda: None

@holdfast.case
def twice(): assert False

@holdfast.case
def twice(): pass

@once
@holdfast.case
def covered(): assert False

@holdfast.case
async def replaced(): assert False
replaced = None

@holdfast.case
@holdfast.case(tags=["a"])
def fine(): pass
"""


def test_a_case_that_no_name_leads_to_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "hidden_cases.py"
    path.write_text(HIDDEN)
    found = collect_file(1, str(path)).functions
    assert [(each["line"], each.get("problem")) for each in found] == [
        (10, None),
        (10, "a case must have a name of its own in its file, got 'twice' in line 7 too"),
        (13, "no name leads to the marked function 'covered': it would never run"),
        (17, "no name leads to the marked function 'replaced': it would never run"),
        (21, None),
    ]
