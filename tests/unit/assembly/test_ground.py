"""Does a cached result stand on what it stood on before?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.assembly import ground
from holdfast.assembly.ground import describe_ground
from holdfast.model.case import Case, Step, Suite, Target
from holdfast.model.run import RunRow
from tests.unit.assembly.test_books import Store, keep, planned, result
from tests.unit.assembly.test_secrecy import place


def reused(*, row: RunRow, suite: Suite | None = None, **changes: Any) -> bool:
    case = msgspec.structs.replace(planned(0, "a"), has_templates=False)
    case = msgspec.structs.replace(case, **changes)
    store = Store(row=row, cached={"key-a": ("r0", result("a"))})
    return bool(keep(store, case, suite=suite, cached=True).fresh)


def row_on(root: Path) -> RunRow:
    return RunRow(id="r0", seed=7, started="", environment={"ground": describe_ground(root)})


def test_a_result_is_reused_on_the_same_ground_alone() -> None:
    root = place({}).root
    assert reused(row=row_on(root))
    assert not reused(row=RunRow(id="r0", seed=7, started=""))
    assert not reused(row=RunRow(id="r0", seed=7, started="", environment={"ground": "another"}))


def test_what_depends_on_more_than_python_code_is_not_reused() -> None:
    row = row_on(place({}).root)
    command = Case(suite="s", id="a", target=Target(kind="command", spec={"argv": ["date"]}))
    assert not reused(row=row, case=command)
    assert not reused(row=row, has_templates=True)
    assert not reused(row=row, suite=Suite(name="s", services=("api",)))
    step = Step(target=Target(kind="command", spec={"argv": ["true"]}))
    assert not reused(row=row, suite=Suite(name="s", before_each=(step,)))


def test_any_edit_of_a_python_file_changes_the_ground(tmp_path: Path) -> None:
    file = tmp_path / "pkg" / "mod.py"
    file.parent.mkdir()
    file.write_text("x = 1\n")
    before = describe_ground(tmp_path)
    assert describe_ground(tmp_path) == before
    about = file.stat()
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    after = describe_ground(tmp_path)
    assert after != before
    (tmp_path / "new.py").write_text("")
    assert describe_ground(tmp_path) != after


def test_a_file_that_code_may_read_is_ground_but_not_what_the_run_writes(tmp_path: Path) -> None:
    before = describe_ground(tmp_path, besides=str(tmp_path / "out"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text("{}")
    assert describe_ground(tmp_path, besides=str(tmp_path / "out")) == before
    (tmp_path / "data.txt").write_text("two")
    assert describe_ground(tmp_path, besides=str(tmp_path / "out")) != before


def test_environments_and_hidden_folders_are_no_ground(tmp_path: Path) -> None:
    before = describe_ground(tmp_path)
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "venv" / "mod.py").write_text("")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "mod.py").write_text("")
    assert describe_ground(tmp_path) == before


def test_a_tree_with_too_many_sources_is_no_ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"m{number}.py").write_text("")
    assert describe_ground(tmp_path) == ""
