"""Does `holdfast parallel` do what its help says, in a project of a user, with evidence in the store?"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import LIMIT_S, Ended, Project

WORK = """
import os
import time

calls = 0


def square(x):
    return x * x


def word(line):
    return {"word": line, "length": len(line)}


def invert(x):
    return 1 / x


def leave(x):
    if x == 3:
        os._exit(1)
    return x


def wait(x):
    time.sleep(0.002)
    return x


def drift(x):
    global calls
    calls += 1
    return x + calls


def where(x):
    return os.getpid()


def grow(items):
    items.append(0)
    return len(items)


def pair(n):
    return [n, n * n]


async def later_pair(n):
    return [n, n * n]


def other_pair(n):
    return [n, n * n + 1]


def stuck(x):
    time.sleep(60)


def huge(x):
    return "x" * 20_000_000
"""


@pytest.fixture
def maps(project: Project) -> Project:
    project.write("work.py", WORK)
    return project


def ask(project: Project, *words: str) -> Ended:
    return project.quick("parallel", *words)


def stored(project: Project) -> dict[str, Any]:
    """Return the result of the last run, as its report has it."""
    ended = project.quick("report", "last", "--report", "json", "-o", "kept")
    assert ended.code == 0, ended.err
    report = json.loads((project.folder / "kept" / "report.json").read_text())
    found: dict[str, Any] = report["results"][0]
    return found


def test_optimize_tells_a_plan_that_execute_can_load(maps: Project) -> None:
    ended = ask(maps, "optimize", "work:square", "--range", "0:100", "--save", "plan.json")
    assert ended.code == 0
    words = [line.split()[0] for line in ended.out.splitlines()]
    assert words[:5] == ["executor", "n_jobs", "chunksize", "speedup", "reason"]
    ended = ask(maps, "execute", "work:square", "--range", "0:4", "--load", "plan.json")
    assert (ended.code, ended.out) == (0, "0\n1\n4\n9\n")


def test_optimize_explains_and_speaks_json(maps: Project) -> None:
    ended = ask(maps, "optimize", "work:square", "--range", "0:100", "--explain")
    assert "measured:" in ended.out
    ended = ask(maps, "optimize", "work:square", "--range", "0:100", "--json")
    assert json.loads(ended.out)["items"] == 100


def test_execute_maps_a_file_of_json_lines_and_writes_where_it_is_told(maps: Project) -> None:
    maps.write("items.jsonl", '"ab"\n"c"\n')
    ended = ask(maps, "execute", "work:word", "--file", "items.jsonl", "-o", "out.jsonl")
    assert (ended.code, ended.out) == (0, "")
    lines = (maps.folder / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"word": "ab", "length": 2},
        {"word": "c", "length": 1},
    ]


def test_execute_takes_the_standard_input_and_none_of_it_for_a_template(maps: Project) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "holdfast", "parallel", "execute", "work:word", "--progress"],
        cwd=maps.folder,
        env=maps.env({}),
        input="plain\n{env.HOME}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["word"] for line in ended.stdout.splitlines()] == [
        "plain",
        "{env.HOME}",
    ]
    assert "2 of 2 (100%)" in ended.stderr


def test_no_item_runs_in_the_worker_itself_where_processes_are_asked_for(maps: Project) -> None:
    words = ("--range", "0:8", "--executor", "process", "--n-jobs", "2", "--chunksize", "2")
    ended = ask(maps, "execute", "work:where", *words, "--json")
    value = json.loads(ended.out)
    assert (value["plan"]["executor"], value["plan"]["n_jobs"]) == ("process", 2)
    ended = ask(maps, "execute", "work:where", "--range", "0:8", "--executor", "serial", "--json")
    assert len(set(json.loads(ended.out)["results"])) == 1


def test_an_item_that_ends_its_process_is_named_where_processes_are_asked_for(
    maps: Project,
) -> None:
    ended = ask(maps, "execute", "work:leave", "--range", "0:6")
    assert ended.code == 1
    assert "with --executor process the item is named" in ended.err
    words = ("--range", "0:6", "--executor", "process", "--on-error", "collect")
    ended = ask(maps, "execute", "work:leave", *words)
    assert ended.out.splitlines()[4:] == ["4", "5"]
    assert "1 of 6 items failed: item 3: WorkerDied: the worker process" in ended.err


def test_the_run_of_a_command_is_stored_and_shown(maps: Project) -> None:
    assert ask(maps, "execute", "work:square", "--range", "0:4", "--verify", "full").code == 0
    shown = maps.quick("show", "last", "execute-work:square")
    assert shown.code == 0
    assert "equal: 4 items were run again serially and compared" in shown.out
    result = stored(maps)
    assert (result["suite"], result["status"]) == ("parallel", "passed")


def test_a_failing_item_is_named_and_ends_with_1(maps: Project) -> None:
    ended = ask(maps, "execute", "work:invert", "--range", "-1:3")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(
        "holdfast: item 1 of invert: ZeroDivisionError: division by zero\nhint: holdfast show"
    )
    assert stored(maps)["status"] == "error"


def test_collected_failures_stand_in_their_place_and_still_end_with_1(maps: Project) -> None:
    ended = ask(maps, "execute", "work:invert", "--range", "-1:3", "--on-error", "collect")
    assert ended.code == 1
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert (lines[0], lines[2], lines[3]) == (-1.0, 1.0, 0.5)
    assert lines[1] == {"failure": "Failure(1, ZeroDivisionError('division by zero'))"}
    assert "1 of 4 items failed: item 1: ZeroDivisionError" in ended.err


@pytest.mark.parametrize(("mode", "code"), [("full", 3), ("sample", 3), ("cover", 0)])
def test_an_impure_function_is_undecided_when_it_is_verified(
    maps: Project, mode: str, code: int
) -> None:
    ended = ask(maps, "execute", "work:drift", "--range", "0:9", "--verify", mode)
    assert ended.code == code
    assert ("impure at item 0" in ended.err) == (code == 3)


def test_an_item_that_takes_too_long_ends_with_its_worker(maps: Project) -> None:
    words = ("--range", "0:2", "--timeout", "300ms", "--executor", "process", "--n-jobs", "1")
    ended = ask(maps, "execute", "work:stuck", *words)
    assert ended.code == 1
    assert "ItemTimeout" in ended.err
    assert maps.left_running() == []


def test_a_command_that_takes_too_long_is_ended(maps: Project) -> None:
    ended = ask(maps, "execute", "work:stuck", "--range", "0:2", "--limit", "500ms")
    assert ended.code == 1
    assert "no end within 0.5 s" in ended.err
    assert maps.left_running() == []


def test_one_ctrl_c_ends_a_map_and_leaves_nothing(maps: Project) -> None:
    words = ("parallel", "execute", "work:wait", "--range", "0:1000000", "--progress")
    with maps.running(*words) as process:
        assert process.stderr is not None
        assert "of 1,000,000" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("holdfast: interrupted\n")
    assert maps.left_running() == []


def test_another_function_is_called_beside_the_target_in_its_worker(maps: Project) -> None:
    cases = [
        {
            "id": name,
            "python": "work:pair",
            "with": {"n": 2},
            "expect": [{"same_as": {"python": f"work:{other}", "with": {"n": 2}}}],
        }
        for name, other in (("async", "later_pair"), ("wrong", "other_pair"))
    ]
    maps.suite("pairs", cases)
    ended, report = maps.quick_run("pairs.json", "--no-progress")
    assert ended.code == 1
    found = {each["id"]: each["findings"][0] for each in report["results"]}
    assert found["async"]["message"] == "equal to the value of work:later_pair"
    assert found["wrong"]["message"] == (
        "differs at [1]: work:other_pair gave 5, the target gave 4"
    )
    assert (found["wrong"]["expected"], found["wrong"]["observed"]) == (5, 4)
    again = maps.quick("judge", "last")
    assert again.code == 1
    assert "2 cases judged again: 0 with another status" in again.out


def test_what_same_as_cannot_mean_is_refused_with_its_place(maps: Project) -> None:
    expect = "expect: [{same_as: serail}]"
    maps.write("bad.yaml", f"suite: s\ncases:\n  - id: a\n    python: work:pair\n    {expect}\n")
    ended = maps.quick("run", "bad.yaml")
    assert ended.code == 2
    assert ended.err.startswith("holdfast: bad.yaml:5:")
    assert "got 'serail'; did you mean 'serial'?" in ended.err


def test_results_that_are_too_large_to_keep_are_told(maps: Project) -> None:
    ended = ask(maps, "execute", "work:huge", "--range", "0:1")
    assert ended.code == 2
    assert "the results are larger than what is kept of a value (16 MB)" in ended.err


def test_compare_draws_the_strategies_side_by_side(maps: Project) -> None:
    words = ("--strategy", "thread:4", "--strategy", "process:2", "--rounds", "2")
    ended = ask(maps, "compare", "work:wait", "--range", "0:20", *words, "-o", "page.html")
    assert ended.code == 0, ended.err
    table, breakdown, curve, best = ended.out.split("\n\n")[1:]
    rows = [line.split()[0] for line in table.splitlines()[1:]]
    assert sorted(rows) == ["process:2", "serial", "thread:4"]
    assert all(line.endswith("equal") for line in table.splitlines()[1:])
    assert breakdown.startswith("where the time went")
    assert re.search(r"^thread +4 ", curve, re.MULTILINE)
    assert best.startswith("best: ")
    page = (maps.folder / "page.html").read_text()
    assert page.count("<svg") == 3
    assert "process:2, round 2:" in page


def test_compare_speaks_json_and_finds_a_function_that_is_not_itself(maps: Project) -> None:
    words = ("--strategy", "thread:2", "--rounds", "1", "--json")
    ended = ask(maps, "compare", "work:drift", "--range", "0:20", *words)
    assert ended.code == 3
    entries = {each["name"]: each for each in json.loads(ended.out)["entries"]}
    assert entries["thread:2"]["differs"].startswith("impure: item 0")
    assert stored(maps)["status"] == "undecided"


def test_tune_prints_the_best_and_saves_it(maps: Project) -> None:
    words = ("--executor", "thread", "--workers", "4", "--save", "best.json", "--explain")
    ended = ask(maps, "tune", "work:wait", "--range", "0:20", *words)
    assert ended.code == 0, ended.err
    assert re.search(r"^best +\S+ ", ended.out, re.MULTILINE)
    assert re.search(r"^regret +\d", ended.out, re.MULTILINE)
    assert "\nthread:4\nthread with 4 workers" in ended.out
    saved = json.loads((maps.folder / "best.json").read_text())
    assert saved["format"] == "holdfast-plan/1"
    assert saved["func"] == "work:wait"


def test_validate_holds_the_prediction_against_the_measurement(maps: Project) -> None:
    ended = ask(maps, "validate", "work:wait", "--range", "0:40", "--rounds", "1", "--explain")
    assert ended.code == 0, ended.err
    assert "\nmeasured: " in ended.out
    text = ended.out.partition("\n\n")[0]
    rows = dict(line.split(None, 1) for line in text.splitlines())
    assert re.match(r"\S+x \[\S+, \S+\], (holds|missed) what was measured", rows["predicted"])
    assert re.match(r"\S+x \[\S+, \S+\] in 1 round", rows["measured"])
    assert rows["equality"] == "equal: 40 items were run again serially and compared"
    shown = maps.quick("show", "last")
    assert "parallel/validate-work:wait" in shown.out


def test_validate_forces_workers_where_the_plan_is_serial(maps: Project) -> None:
    ended = ask(maps, "validate", "work:square", "--range", "0:9", "--rounds", "1", "--json")
    assert ended.code == 0, ended.err
    value = json.loads(ended.out)
    assert value["proof"] == "forced into 2 processes, since the plan is serial"
    assert value["equality"]["status"] == "equal"


@pytest.mark.parametrize(
    ("func", "data", "code", "words"),
    [
        ("work:drift", ["--range", "0:9"], 3, "impure"),
        ("work:grow", ["--file", "lists.json"], 1, "mutates_input at item 0"),
    ],
)
def test_validate_tells_what_is_not_equal_from_what_cannot_be(
    maps: Project, func: str, data: list[str], code: int, words: str
) -> None:
    maps.write("lists.json", [[1], [2], [3]])
    ended = ask(maps, "validate", func, *data, "--rounds", "1", "--strategy", "process:2")
    assert ended.code == code
    assert words in ended.out
    assert stored(maps)["status"] == {1: "failed", 3: "undecided"}[code]


BAD: list[tuple[list[str], str]] = [
    (["optimise", "work:square"], "no such command 'optimise'; did you mean 'optimize'?"),
    (["execute"], "Missing argument 'FUNC'"),
    (["execute", "work:square"], "there are no items"),
    (["execute", "work.square", "--range", "0:3"], "did you mean 'work:square'?"),
    (["execute", "work:sqare", "--range", "0:3"], "did you mean 'square'?"),
    (["execute", "nowork:f", "--range", "0:3"], "No module named 'nowork'"),
    (["execute", "work:calls", "--range", "0:3"], "work:calls must be callable, got int"),
    (["execute", "work:square", "--range", "0:x"], "a range must be A:B or A:B:STEP"),
    (["execute", "work:square", "--file", "gone.txt"], "--file must name a file, got 'gone.txt'"),
    (["execute", "work:square", "--file", "bad.json"], "bad.json:1:2: items must be JSON"),
    (["execute", "work:square", "--range", "0:3", "--n-jobs", "0"], "0 is not in the range"),
    (["execute", "work:square", "--range", "0:3", "--timeout", "soon"], "--timeout must be"),
    (["execute", "work:square", "--range", "0:3", "--start-method", "frok"], "mean 'fork'?"),
    (["execute", "work:square", "--range", "0:3", "--load", "no.json"], "must name a plan"),
    (["execute", "work:square", "--range", "0:3", "-o", "no/a"], "can be written, got 'no/a'"),
    (["compare", "work:square", "--range", "0:3", "--strategy", "proc"], "did you mean 'process'"),
    (["compare", "work:square", "--range", "0:3", "--rounds", "0"], "0 is not in the range"),
    (["compare", "work:square", "--range", "3:3"], "data must hold an item, got none"),
    (["tune", "work:square", "--range", "0:3", "--workers", "many"], "--workers must be whole"),
    (["tune", "work:square", "--range", "0:3", "--executor", "gpu"], "'gpu' is not one of"),
    (["validate", "work:square", "--range", "0:3", "--tolerance", "-1"], "must be above 0"),
    (
        ["validate", "work:square", "--range", "0:3", "--strategy", "serial", "--load", "a"],
        "a plan must come from one place",
    ),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_wrong_usage_is_one_clear_message_and_2(
    maps: Project, words: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps.write("bad.json", "[x]")
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        ended = ask(maps, *words)
    assert (ended.code, ended.out) == (2, "")
    # A busy machine may add a line of the log.
    told = [line for line in ended.err.splitlines() if line.startswith("holdfast: ")]
    assert len(told) == 1, ended.err
    assert message in told[0]
    assert "Traceback" not in ended.err
