"""Do the benchmarks measure what they say, and refuse what did not happen? No timing is asserted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

import benchmarks.__main__ as command
from benchmarks import async_noop, help_time, makespan, memory, sync_noop
from benchmarks.evidence import count
from benchmarks.figure import Figure, Outcome, Report, Requirement, Sample, Size, is_met
from benchmarks.machine import Machine, describe
from benchmarks.measure import NotMeasured, python, run
from benchmarks.rivals.fifo import Plan
from benchmarks.sitting import Side, pairwise, take_turns
from benchmarks.table import BEGIN, END, as_markdown, as_text, place
from benchmarks.workload import run_holdfast, write_cases, write_noops

QUIET = Machine(
    cpu="a processor",
    cores=2,
    memory_bytes=8_000_000_000,
    system="Linux 6",
    python="CPython 3.11.7",
    load_average=0.1,
    sync_s=0.001,
)
FIGURE = Figure(
    name="speed",
    what="one case",
    unit="ms",
    reached=(2.0, 1.0, 9.0),
    required=Requirement(limit=2.0),
    rival="another",
    rival_reached=(4.0, 4.0, 4.0),
    ratio=(0.5, 0.25, 2.25),
)
SAMPLE = Sample(wall_s=1.5, cpu_s=1.25, tree_bytes=50_000_000)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory of other processes is read from /proc"
)


def report_of(*figures: Figure, size: Size = "report", **problems: str) -> Report:
    outcome = Outcome(figures=figures, samples={"holdfast": (SAMPLE,)})
    return Report(size=size, machine=QUIET, outcomes={"speed": outcome}, problems=problems)


def required(**changes: object) -> Figure:
    requirement = msgspec.structs.replace(Requirement(limit=2.0), **changes)
    return msgspec.structs.replace(FIGURE, required=requirement)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"limit": 1.9}, False),
        ({"by": "worst"}, False),
        ({"by": "worst", "limit": 9.0}, True),
        ({"at_most": False}, True),
        ({"at_most": False, "limit": 2.1}, False),
        ({"at_most": False, "by": "worst"}, False),
        ({"of": "ratio", "limit": 0.5}, True),
        ({"of": "ratio", "limit": 0.4}, False),
    ],
)
def test_a_figure_is_met_by_its_median_or_by_its_worst(
    changes: Mapping[str, object], expected: bool
) -> None:
    assert is_met(required(**changes), "report") is expected


def test_what_is_not_required_or_too_small_is_not_judged() -> None:
    assert is_met(msgspec.structs.replace(FIGURE, required=None), "report") is None
    assert is_met(required(limit=0.0), "quick") is None


def test_sides_take_turns_in_new_folders_and_warm_ups_do_not_count(tmp_path: Path) -> None:
    turns: list[str] = []

    def side(name: str, fresh: Path) -> Sample:
        assert list(fresh.iterdir()) == []
        (fresh / "left").write_text("")
        turns.append(name)
        return Sample(wall_s=len(turns), cpu_s=0.0)

    sides: dict[str, Side] = {
        "a": lambda fresh: side("a", fresh),
        "b": lambda fresh: side("b", fresh),
    }
    samples = take_turns("speed", sides, tmp_path, repetitions=2, warm_ups=1)
    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert {name: [s.wall_s for s in taken] for name, taken in samples.items()} == {
        "a": [3, 5],
        "b": [4, 6],
    }
    assert list(tmp_path.iterdir()) == []


def test_the_ratio_is_taken_within_each_turn() -> None:
    assert pairwise((2.0, 9.0), (4.0, 3.0)) == (0.5, 3.0)


def test_the_reported_seeds_and_sizes_are_not_those_for_tuning() -> None:
    reported, tuned = makespan.SIZES["report"], makespan.SIZES["tune"]
    assert not set(reported.seeds) & set(tuned.seeds)
    assert makespan.make_plan(reported, 1) != makespan.make_plan(reported, 2)


def test_the_reported_sizes_are_the_promised_ones() -> None:
    assert async_noop.SIZES["report"].cases == 20_000
    assert (async_noop.SIZES["report"].tests, async_noop.SIZES["report"].modules) == (5_000, 50)
    assert (sync_noop.SIZES["report"].cases, sync_noop.WORKERS) == (20_000, 2)
    assert (makespan.SIZES["report"].slots, makespan.SIZES["report"].permits) == (5, 3)
    assert memory.SIZES["report"].cases == 100_000
    assert help_time.SIZES["report"].repetitions == 20


def test_sleeps_are_as_long_in_all_as_their_rules_say() -> None:
    sizes = makespan.SIZES["report"]
    plan = makespan.make_plan(sizes, sizes.seeds[0])
    assert plan == makespan.make_plan(sizes, sizes.seeds[0])
    assert len(plan.sleeps_s) == 200
    assert sum(plan.sleeps_s) == pytest.approx(40.0)
    assert sum(plan.is_limited) == 100


@pytest.mark.parametrize(
    ("sleeps_s", "is_limited", "expected"),
    [
        ([1.0] * 10, [False] * 10, 2.0),
        ([1.0] * 10, [True] * 9 + [False], 3.0),
        ([7.0, 1.0, 1.0], [True, True, False], 7.0),
    ],
)
def test_the_lower_bound_is_what_slots_permits_and_the_longest_sleep_allow(
    sleeps_s: list[float], is_limited: list[bool], expected: float
) -> None:
    plan = Plan(sleeps_s=sleeps_s, is_limited=is_limited, slots=5, permits=3)
    assert makespan.lower_bound(plan) == expected


@needs_proc
def test_a_command_is_measured_with_its_memory_and_its_children(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys; held = bytearray(60_000_000)\n"
        "child = 'import time; held = bytearray(30_000_000); time.sleep(1)'\n"
        "subprocess.run([sys.executable, '-c', child]); print('done')"
    )
    done = run(python("-c", script), cwd=tmp_path)
    assert done.output == "done\n"
    assert done.sample.own_bytes is not None
    assert done.sample.tree_bytes is not None
    # The kernel cannot tell the largest apart where this process is larger itself.
    assert done.sample.largest_bytes is None or done.sample.largest_bytes > 60e6
    assert 60e6 < done.sample.own_bytes < 90e6
    assert done.sample.tree_bytes > done.sample.own_bytes + 30e6


def test_the_cpu_time_of_children_counts(tmp_path: Path) -> None:
    script = (
        "import os, resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'sum(range(3_000_000))'])\n"
        "used = [resource.getrusage(who) for who in (-1, 0)]\n"
        "print(sum(u.ru_utime + u.ru_stime for u in used))"
    )
    done = run(python("-c", script), cwd=tmp_path)
    assert done.sample.cpu_s >= float(done.output)


def test_a_command_that_ends_otherwise_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match=r"must exit with 0, got 3:\ntold why"):
        run(python("-c", "print('told why'); raise SystemExit(3)"), cwd=tmp_path)


def test_a_command_that_hangs_is_ended_before_it_does_more(tmp_path: Path) -> None:
    child = "import pathlib, time; time.sleep(10); pathlib.Path('outlived').touch()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(NotMeasured, match=r"must end within 0\.3 s"):
        run(python("-c", script), cwd=tmp_path, limit_s=0.3)
    assert list(tmp_path.iterdir()) == []


def test_measured_programs_see_no_settings_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_SLOTS", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--co")
    script = (
        "import os; print([n for n in os.environ if n in ('HOLDFAST_SLOTS', 'PYTEST_ADDOPTS')])"
    )
    assert run(python("-c", script), cwd=tmp_path).output == "[]\n"


def test_a_run_with_fewer_passes_than_cases_is_not_measured(tmp_path: Path) -> None:
    cases = write_noops(tmp_path / "cases", 2, "nothing_async")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with pytest.raises(NotMeasured, match=r"must be 3, got \(2, 2, 2, 2\)"):
        run_holdfast(cases, fresh, expected=3)


def test_a_run_that_fails_is_not_measured(tmp_path: Path) -> None:
    fails = {"id": "a", "python": "benchmarks.targets:nothing_async", "expect": [{"equals": 1}]}
    cases = write_cases(tmp_path / "cases", [fails])
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with pytest.raises(NotMeasured, match="must exit with 0, got 1"):
        run_holdfast(cases, fresh, expected=1)


def test_passes_are_counted_in_the_counts_the_list_and_the_store(tmp_path: Path) -> None:
    report, store = tmp_path / "report.json", tmp_path / "holdfast.db"
    statuses = {"a": "passed", "b": "passed", "c": "failed"}
    content = {
        "exit_code": 1,
        "run": {"id": "r2"},
        "counts": {"planned": 4, "passed": 3},
        "schedule": {"makespan_s": 2.0, "lower_bound_s": 1.5},
        "results": [{"id": name, "status": status} for name, status in statuses.items()],
    }
    report.write_bytes(msgspec.json.encode(content))
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("CREATE TABLE outcome (run, status)")
        rows = [("r1", "passed"), ("r2", "passed"), ("r2", "failed")]
        database.executemany("INSERT INTO outcome VALUES (?, ?)", rows)
    held = count(report, store)
    assert (held.planned, held.counted_passed, held.listed_passed, held.stored_passed) == (
        4,
        3,
        2,
        1,
    )
    assert (held.makespan_s, held.lower_bound_s) == (2.0, 1.5)


def test_the_table_tells_median_range_limit_rival_and_verdict() -> None:
    lines = as_text(report_of(FIGURE, required(limit=1.5))).splitlines()
    told = [" ".join(line.split()) for line in lines if line.startswith("speed: one")]
    shown = "speed: one case 2.00 ms (1.00-9.00) <= {} ms 4.00 ms (4.00-4.00) another 0.500"
    assert told == [
        f"{shown.format('2.00')} (0.250-2.25) met",
        f"{shown.format('1.50')} (0.250-2.25) MISSED",
    ]
    assert " ".join(lines[-1].split()) == "speed: holdfast 1.50 s 1.25 s - 50 MB"


def test_makespans_are_told_to_the_decimal_that_decides() -> None:
    figure = msgspec.structs.replace(FIGURE, unit="x", reached=(1.0304,))
    assert "speed: one case  1.030x  " in as_text(report_of(figure))


def test_markdown_holds_the_same_rows() -> None:
    text = as_markdown(report_of(FIGURE))
    assert "- a processor, 2 cores, 8 GB, Linux 6, CPython 3.11.7" in text
    assert "| speed: one case | 2.00 ms (1.00-9.00) | <= 2.00 ms |" in text


def test_figures_of_another_size_or_a_busy_machine_come_with_a_warning() -> None:
    assert "warning" not in as_text(report_of(FIGURE))
    assert "warning: size is 'tune'" in as_text(report_of(FIGURE, size="tune"))
    busy = msgspec.structs.replace(QUIET, load_average=1.1)
    assert describe(busy)[-1].startswith("warning: other work was under way")


def test_results_are_put_between_their_marks() -> None:
    text = f"# Title\n{BEGIN}\nold\n{END}\nrest\n"
    assert place(text, "new") == f"# Title\n{BEGIN}\n\nnew\n\n{END}\nrest\n"
    assert place(place(text, "old"), "new") == place(text, "new")
    with pytest.raises(ValueError, match="the file must hold"):
        place("# Title\n", "new")


def test_the_page_has_the_marks_for_the_results() -> None:
    page = Path(command.__file__).parent / "README.md"
    assert "new" in place(page.read_text(), "new")


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (report_of(FIGURE), 0),
        (report_of(required(limit=1.0)), 1),
        (report_of(required(limit=1.0), size="quick"), 0),
        (report_of(FIGURE, help="it did not start"), 1),
    ],
)
def test_a_missed_figure_or_one_not_measured_is_exit_code_1(
    report: Report, expected: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(msgspec.json.encode(report))
    assert command.main(["--from", str(kept)]) == expected
    problems = "".join(f"\nnot measured: {n}: {why}\n" for n, why in report.problems.items())
    assert capsys.readouterr().out.endswith(problems)


def test_kept_numbers_of_another_format_are_refused(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(msgspec.json.encode(report_of(FIGURE)).replace(b"benchmarks/1", b"else/1"))
    with pytest.raises(SystemExit, match="format must be 'holdfast-benchmarks/1'"):
        command.main(["--from", str(kept)])


def test_an_unknown_benchmark_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["speed"])
    assert end.value.code == 2
    assert "no such benchmark 'speed'; there are async_noop, sync_noop" in capsys.readouterr().err


def test_a_benchmark_that_cannot_be_measured_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(size: Size, folder: Path) -> Outcome:
        raise NotMeasured(f"{size} in {folder.parent.name}")

    def works(size: Size, folder: Path) -> Outcome:
        assert folder.is_dir()
        return Outcome(figures=(FIGURE,), samples={size: ()})

    monkeypatch.setattr(command, "BENCHMARKS", {"breaks": breaks, "works": works})
    report = command.measure_all(["breaks", "works"], "quick", tmp_path)
    assert report.problems == {"breaks": f"quick in {tmp_path.name}"}
    assert list(report.outcomes) == ["works"]
    assert list(tmp_path.iterdir()) == []


FIGURES = {
    "async_noop": ["async_noop"],
    "sync_noop": ["sync_noop"],
    "makespan": ["makespan"] * 4,
    "memory": ["memory"] * 2,
    "help": ["help"] * 2,
    "leaks": ["leaks"] * 3,
    "monitor": ["monitor"] * 2,
    "session": ["session"] * 3,
    "parallel": ["parallel"] * (2 * 2 + 1 + 3),
    "compare": ["compare"] * 5,
    "baseline": ["baseline"] * 3,
    "capabilities": ["capabilities"] * 4,
    "doubles": ["doubles"] * 3,
    "protocol": ["protocol"],
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=needs_proc if name == "memory" else ())
        for name in command.BENCHMARKS
    ],
)
def test_every_benchmark_measures_and_keeps_its_samples(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    arguments = [name, "--quick", "--json", str(kept), "--folder", str(tmp_path / "work")]
    assert command.main(arguments) == 0, capsys.readouterr().out
    outcome = msgspec.json.decode(kept.read_bytes(), type=Report).outcomes[name]
    assert [figure.name for figure in outcome.figures] == FIGURES[name]
    assert all(value > 0 for figure in outcome.figures for value in figure.ratio)
    assert all(len(taken) == 1 for taken in outcome.samples.values())
    assert len(outcome.samples) >= 2
    assert list((tmp_path / "work").iterdir()) == []


def test_makespans_are_held_against_both_bounds() -> None:
    spans = {"makespan_s": 6.0, "lower_bound_s": 4.0, "ordered_bound_s": 3.0}
    rival = {"makespan_s": 8.0, "lower_bound_s": 2.0, "ordered_bound_s": 2.0}
    samples = {
        "holdfast plain": (msgspec.structs.replace(SAMPLE, values=spans),),
        "fifo plain": (msgspec.structs.replace(SAMPLE, values=rival),),
    }
    reported, ordered = makespan.compare("plain", "2 sleeps", samples)
    assert (reported.reached, reported.rival_reached, reported.ratio) == ((1.5,), (4.0,), (0.75,))
    assert (ordered.reached, ordered.rival_reached, ordered.ratio) == ((2.0,), (4.0,), (0.75,))
    assert reported.required == makespan.REQUIRED
    assert ordered.required is None
