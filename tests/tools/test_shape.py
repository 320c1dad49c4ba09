"""Does each rule of shape find its breach, and leave the clean twin alone?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_shape import check_sources
from tools.shape.components import check_components, documented_names
from tools.shape.habits import check_habits
from tools.shape.imports import check_cycles, check_imports, import_graph
from tools.shape.sizes import check_sizes, summarise
from tools.shape.source import Finding, parse, read_modules, tracked_files
from tools.shape.words import check_files, check_words

PATH = "src/holdfast/model/case.py"


def test_a_file_of_400_lines_passes_and_one_of_401_does_not() -> None:
    assert list(check_sizes(parse(PATH, "x = 1\n" * 400))) == []
    found = list(check_sizes(parse(PATH, "x = 1\n" * 401)))
    assert found == [Finding(PATH, 401, "file must have at most 400 lines, got 401")]


def test_a_function_is_counted_without_its_docstring() -> None:
    docstring = '    """Do.\n' + "    more\n" * 30 + '    """\n'
    fits = parse(PATH, "def f():\n" + docstring + "    x = 1\n" * 59)
    assert list(check_sizes(fits)) == []
    over = parse(PATH, "\ndef f():\n" + docstring + "    x = 1\n" * 60)
    assert [str(finding) for finding in check_sizes(over)] == [
        f"{PATH}:2: function 'f' must have at most 60 lines without its docstring, got 61"
    ]


def test_a_method_is_a_function_too() -> None:
    text = "class A:\n    async def f(self):\n" + "        x = 1\n" * 61
    assert [finding.line for finding in check_sizes(parse(PATH, text))] == [2]


@pytest.mark.parametrize(
    "text", ["import time\n", "import random as r\n", "from time import sleep\n", "import time.x\n"]
)
def test_time_and_random_are_imported_by_the_clock_alone(text: str) -> None:
    assert [finding.line for finding in check_imports(parse(PATH, text))] == [1]
    assert list(check_imports(parse("src/holdfast/clock.py", text))) == []


def test_a_module_with_time_in_its_name_is_no_clockwork() -> None:
    text = "import datetime\nfrom holdfast import time\nfrom timeit import timeit\n"
    assert list(check_imports(parse(PATH, text))) == []


def test_an_import_inside_a_function_is_found_once_except_in_the_registry() -> None:
    text = "def f():\n    def g():\n        import json\n"
    assert [finding.line for finding in check_imports(parse(PATH, text))] == [3]
    assert list(check_imports(parse("src/holdfast/registry.py", text))) == []


def test_an_import_for_types_alone_may_stand_under_its_condition() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\n"
    assert list(check_imports(parse(PATH, text))) == []


def test_a_circle_of_imports_is_told_with_one_way_round() -> None:
    modules = [
        parse("src/holdfast/a.py", "import os\nfrom holdfast.b import x\n"),
        parse("src/holdfast/b.py", "from holdfast import c\n"),
        parse("src/holdfast/c.py", "import holdfast.a\n"),
        parse("src/holdfast/d.py", "import holdfast.a\n"),
    ]
    assert [str(finding) for finding in check_cycles(modules)] == [
        "src/holdfast/a.py:2: imports must not run in a circle:"
        " holdfast.a -> holdfast.b -> holdfast.c -> holdfast.a"
    ]


def test_imports_that_only_go_down_run_in_no_circle() -> None:
    modules = [
        parse("src/holdfast/a.py", "from holdfast import b, c\n"),
        parse("src/holdfast/b.py", "from holdfast.c import x\n"),
        parse("src/holdfast/c.py", ""),
    ]
    assert list(check_cycles(modules)) == []


def test_a_package_and_its_part_that_import_each_other_are_a_circle() -> None:
    modules = [
        parse("src/holdfast/p/__init__.py", "from .part import x\n"),
        parse("src/holdfast/p/part.py", "from . import y\n"),
    ]
    assert [finding.path for finding in check_cycles(modules)] == ["src/holdfast/p/__init__.py"]


def test_a_relative_import_is_resolved() -> None:
    modules = [
        parse("src/holdfast/p/q.py", "from ..model import case\nfrom .r import x\n"),
        parse("src/holdfast/model/case.py", ""),
        parse("src/holdfast/p/r.py", ""),
    ]
    assert import_graph(modules)["holdfast.p.q"] == {"holdfast.model.case": 1, "holdfast.p.r": 2}


def test_print_belongs_to_the_command_line_and_the_console() -> None:
    assert [finding.line for finding in check_habits(parse(PATH, "\nprint(1)\n"))] == [2]
    assert list(check_habits(parse("src/holdfast/cli/run.py", "print(1)\n"))) == []
    assert list(check_habits(parse("src/holdfast/report/console.py", "print(1)\n"))) == []
    assert len(list(check_habits(parse("src/holdfast/report/html.py", "print(1)\n")))) == 1


def test_a_method_named_print_is_not_the_built_in_one() -> None:
    assert list(check_habits(parse("src/holdfast/report/live.py", "console.print(1)\n"))) == []


@pytest.mark.parametrize(
    "handler",
    [
        "except: pass",
        "except Exception: pass",
        "except (ValueError, BaseException): ...",
        "except builtins.Exception: 'why'",
    ],
)
def test_a_swallowed_exception_is_found(handler: str) -> None:
    found = list(check_habits(parse(PATH, f"try:\n    f()\n{handler}\n")))
    assert [finding.line for finding in found] == [3]


@pytest.mark.parametrize("handler", ["except OSError: pass", "except Exception: note()"])
def test_an_expected_or_an_answered_exception_is_not_swallowed(handler: str) -> None:
    assert list(check_habits(parse(PATH, f"try:\n    f()\n{handler}\n"))) == []


def test_suppress_may_name_an_expected_kind_alone() -> None:
    text = "with contextlib.suppress(OSError): f()\nwith suppress(Exception): f()\n"
    assert [finding.line for finding in check_habits(parse(PATH, text))] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "x\npath = '/ro" + "ot/x'\n",
        "a\n(/wo" + "rk/main)\n",
        "a\n/home/" + "me/x",
        "a\nhttps://py" + "pi.org/simple",
        "a\n--index-" + "url https://x",
    ],
)
def test_a_place_of_one_machine_is_found(text: str) -> None:
    assert [finding.line for finding in check_words("docs/a.md", text)] == [2]


@pytest.mark.parametrize("text", ["net/work/x", "./root/x", "sqlite:///wo" + "rk/a.db", "$.root/"])
def test_a_path_that_is_relative_is_no_place_of_one_machine(text: str) -> None:
    assert list(check_words("docs/a.md", text)) == []


def test_the_lock_holds_no_address(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("a==1\n# https://example.org\n")
    (tmp_path / "README.md").write_text("https://example.org\n")
    (tmp_path / "blob").write_bytes(b"\0/root" + b"/x")
    found = list(check_files(tmp_path, ["README.md", "blob", "requirements.lock"]))
    assert [str(finding) for finding in found] == [
        "requirements.lock:2: the lock must not hold an address, got 'https://'"
    ]


def test_a_second_lock_file_is_found(tmp_path: Path) -> None:
    (tmp_path / ("uv" + ".lock")).write_text("")
    assert len(list(check_files(tmp_path, ["uv" + ".lock"]))) == 1


def test_a_file_that_is_not_python_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ndef\n")
    (found,) = read_modules(tmp_path, ["a.py", "b.md"])
    assert isinstance(found, Finding)
    assert (found.path, found.line) == ("a.py", 2)


def test_the_rules_of_the_package_do_not_bind_the_tests() -> None:
    text = "import time\nprint(1)\n"
    assert list(check_sources([parse("tests/a.py", text)])) == []
    assert len(list(check_sources([parse("src/holdfast/a.py", text)]))) == 2


def test_sizes_are_summed_up_in_a_line() -> None:
    modules = [parse("src/holdfast/a.py", "def f():\n    return 1\n\n")]
    assert summarise(modules) == (
        "1 files (median 3 lines, longest 3), 1 functions (median 2, longest 2)"
    )
    assert summarise([]) == "0 files"


def test_the_checkout_lists_its_own_files() -> None:
    root = Path(__file__).parents[2]
    files = tracked_files(root)
    assert "pyproject.toml" in files
    assert not [name for name in files if name.startswith(".venv")]


def test_names_are_read_from_headings_and_first_cells() -> None:
    page = "# Targets\n## `http`\n### python\n| `steps` | x |\n|---|---|\n```\n## hidden\n```\n"
    shown = documented_names(page)
    assert {"Targets", "http", "python", "steps"} <= shown
    assert "hidden" not in shown
    assert "x" not in shown


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "src/holdfast").mkdir(parents=True)
    (tmp_path / "tests/contract").mkdir(parents=True)
    (tmp_path / "docs/reference").mkdir(parents=True)
    (tmp_path / "src/holdfast/builtin.py").write_text('\n("target", "http", "")\n')
    (tmp_path / "tests/contract/test_target.py").write_text('NAME = "http"\n')
    (tmp_path / "docs/reference/targets.md").write_text("## `http`\n")
    return tmp_path


def test_a_component_that_loads_is_tested_and_documented_passes(checkout: Path) -> None:
    assert list(check_components(checkout, [("target", "http", "json:loads")])) == []


def test_each_lack_of_a_component_is_found(checkout: Path) -> None:
    (checkout / "tests/contract/test_target.py").write_text("NAME = 'other'  # http\n")
    (checkout / "docs/reference/targets.md").write_text("http is a target\n")
    found = [str(f) for f in check_components(checkout, [("target", "http", "json:no_such")])]
    assert [line.partition(", got")[0] for line in found] == [
        "src/holdfast/builtin.py:2: target 'http' must load from 'json:no_such'",
        "src/holdfast/builtin.py:2: target 'http' must have a contract test"
        " in tests/contract/test_*target*.py",
        "src/holdfast/builtin.py:2: target 'http' must be a heading or a table row"
        " in docs/reference/targets.md",
    ]


def test_a_contract_that_runs_over_the_registry_covers_every_name(checkout: Path) -> None:
    (checkout / "tests/contract/test_target.py").write_text(
        "@pytest.mark.parametrize('c', COMPONENTS)\ndef test_x(c): ...\n"
    )
    assert list(check_components(checkout, [("target", "http", "json:loads")])) == []


def test_naming_the_registry_without_running_over_it_covers_nothing(checkout: Path) -> None:
    (checkout / "tests/contract/test_target.py").write_text("assert COMPONENTS\n")
    assert len(list(check_components(checkout, [("target", "http", "json:loads")]))) == 1


def test_a_kind_without_contract_and_page_is_found_once(checkout: Path) -> None:
    components = [("policy", "a", "json:loads"), ("policy", "b", "json:dumps")]
    found = [finding.message for finding in check_components(checkout, components)]
    assert found == [
        "every kind must have a contract test, got no tests/contract/test_*policy*.py",
        "every kind must have a page in the docs, got no docs/reference/policies.md",
    ]


def test_a_component_is_registered_once(checkout: Path) -> None:
    twice = [("target", "http", "json:loads")] * 2
    found = [finding.message for finding in check_components(checkout, twice)]
    assert found == ["target 'http' must be registered once"]
