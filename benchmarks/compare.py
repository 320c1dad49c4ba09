"""How often is identical code called slower, and how often is a small slow-down found?

Rules, set before the first measurement that is reported:
- A CPU-bound Python function of about 2.5 ms, compared with itself and with the same doing 5 % or
  3 % more work, by `holdfast.measure.compare` with its defaults but slower=0.05 (or 0.03 for 3 %)
  and floor=0.01, beside one process that keeps a CPU busy all the time.
- 300 comparisons of identical code, 100 of each slow-down, in turn, each with a seed of its own.
- The rival is pytest-benchmark, with 0.4 s of measuring, a process per version: wall time from
  start to exit of both. Its gate is `mean:5%` (or 3 %): new mean over old mean. It takes its turn
  every tenth time.
- `error` counts as not found, and as a false alarm.
- Required: no false alarm; identical code is `fine` in 80 % at least (who is always undecided
  never cries wolf); 95 % of the 5 % and 90 % of the 3 % are found; a comparison takes less wall
  time than the rival's, in the mean over all comparisons.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.hog import hog
from benchmarks.measure import ROOT, python, run
from holdfast.measure import Version, compare

__all__ = ["measure"]

# The share of work of the new version, and the limit by which it is judged.
KINDS: Mapping[str, tuple[float, float]] = {
    "same": (1.0, 0.05),
    "+5 %": (1.05, 0.05),
    "+3 %": (1.03, 0.03),
}
FLOOR = 0.01
RIVAL_EVERY = 10
RIVAL = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.compare_work import {work}
def test_it(benchmark):
    benchmark({work}, {share})
"""


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    same: int
    slower: int
    work: str
    first_seed: int
    budget_s: float = 2.0
    launches: int = 3
    rival_s: float = 0.4


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(same=300, slower=100, work="numbers", first_seed=1_000_000),
    "tune": _Sizes(same=30, slower=30, work="words", first_seed=1),
    "quick": _Sizes(
        same=1,
        slower=1,
        work="words",
        first_seed=500_000,
        budget_s=0.05,
        launches=2,
        rival_s=0.01,
    ),
}


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    sample: Sample


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    ours: dict[str, list[_Verdict]] = {kind: [] for kind in KINDS}
    theirs: dict[str, list[_Verdict]] = {kind: [] for kind in KINDS}
    with hog():
        for turn in range(sizes.same):
            for kind in KINDS:
                count = sizes.same if kind == "same" else sizes.slower
                number = turn * count // sizes.same
                if number == (turn - 1) * count // sizes.same:
                    continue
                ours[kind].append(_compare(sizes, kind, turn))
                if number % RIVAL_EVERY == 0:
                    theirs[kind].append(_rival(sizes, kind, folder))
            print(f"compare: {turn + 1}/{sizes.same} {_count(ours)}", file=sys.stderr)
    return Outcome(figures=_figures(ours, theirs), samples=_samples(ours, theirs))


def _compare(sizes: _Sizes, kind: str, turn: int) -> _Verdict:
    share, slower = KINDS[kind]
    target = f"benchmarks.compare_work:{sizes.work}"
    started, before = time.perf_counter(), _cpu_s()
    found = compare(
        Version(target=target, kwargs={"share": 1.0}),
        Version(target=target, kwargs={"share": share}),
        slower=slower,
        floor=FLOOR,
        budget_s=sizes.budget_s,
        launches=sizes.launches,
        seed=sizes.first_seed + turn,
    )
    took_s = time.perf_counter() - started
    values = {"pairs": float(found.pairs), "launches": float(len(found.launches))}
    if found.ratio is not None:
        values["ratio"] = found.ratio
    return _Verdict(
        status=found.status,
        sample=Sample(wall_s=took_s, cpu_s=_cpu_s() - before, values=values),
    )


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _rival(sizes: _Sizes, kind: str, folder: Path) -> _Verdict:
    share, limit = KINDS[kind]
    # Our own settings would keep it out.
    (folder / "pytest.ini").write_text("[pytest]\n")
    taken: list[float] = []
    samples: list[Sample] = []
    for number, part in enumerate((1.0, share)):
        file, saved = folder / f"test_rival_{number}.py", folder / f"rival_{number}.json"
        file.write_text(RIVAL.format(root=str(ROOT), work=sizes.work, share=part))
        done = run(
            python(
                "-m", "pytest", "-q", "-p", "pytest_benchmark.plugin", "-c", str(folder / "pytest.ini"),
                f"--benchmark-json={saved}", f"--benchmark-max-time={sizes.rival_s}", str(file),
            ),
            cwd=folder,
        )  # fmt: skip
        told = msgspec.json.decode(saved.read_bytes())
        taken.append(told["benchmarks"][0]["stats"]["mean"])
        samples.append(done.sample)
    total = Sample(
        wall_s=sum(sample.wall_s for sample in samples),
        cpu_s=sum(sample.cpu_s for sample in samples),
        values={"ratio": taken[1] / taken[0]},
    )
    return _Verdict(status="slower" if taken[1] / taken[0] > 1 + limit else "fine", sample=total)


def _count(verdicts: Mapping[str, list[_Verdict]]) -> str:
    told = [
        f"{kind}: {_share(found, 'slower'):.0f} % slower, {_share(found, 'fine'):.0f} % fine"
        for kind, found in verdicts.items()
    ]
    return "; ".join(told)


def _share(verdicts: list[_Verdict], *statuses: str) -> float:
    return 100 * mean(each.status in statuses for each in verdicts) if verdicts else 0.0


def _figures(
    ours: Mapping[str, list[_Verdict]], theirs: Mapping[str, list[_Verdict]]
) -> tuple[Figure, ...]:
    found = "found slower"
    return (
        _figure("false alarms", ("slower", "error"), ours["same"], theirs["same"], at_most=0),
        _figure("called fine", ("fine",), ours["same"], theirs["same"], at_least=80),
        _figure(f"+5 % {found}", ("slower",), ours["+5 %"], theirs["+5 %"], at_least=95),
        _figure(f"+3 % {found}", ("slower",), ours["+3 %"], theirs["+3 %"], at_least=90),
        _time(ours, theirs),
    )


def _figure(
    what: str,
    statuses: tuple[str, ...],
    ours: list[_Verdict],
    theirs: list[_Verdict],
    *,
    at_most: float | None = None,
    at_least: float = 0.0,
) -> Figure:
    mine, other = _share(ours, *statuses), _share(theirs, *statuses)
    limit = at_least if at_most is None else at_most
    return Figure(
        name="compare",
        what=f"{what}, of {len(ours)} comparisons",
        unit="%",
        reached=(mine,),
        required=Requirement(limit=limit, at_most=at_most is not None),
        rival=f"pytest-benchmark, of {len(theirs)}",
        rival_reached=(other,),
        # By the rule of succession, since there may be none on either side.
        ratio=(
            (mine / 100 * len(ours) + 1)
            / (len(ours) + 2)
            / ((other / 100 * len(theirs) + 1) / (len(theirs) + 2)),
        ),
    )


def _time(ours: Mapping[str, list[_Verdict]], theirs: Mapping[str, list[_Verdict]]) -> Figure:
    mine, other = (
        mean(each.sample.wall_s for found in side.values() for each in found)
        for side in (ours, theirs)
    )
    return Figure(
        name="compare",
        what="one comparison, in the mean",
        unit="s",
        reached=(mine,),
        required=Requirement(limit=1.0, of="ratio"),
        rival="pytest-benchmark, two processes",
        rival_reached=(other,),
        ratio=(mine / other,),
    )


def _samples(
    ours: Mapping[str, list[_Verdict]], theirs: Mapping[str, list[_Verdict]]
) -> dict[str, tuple[Sample, ...]]:
    named = {
        **{f"holdfast, {kind}": found for kind, found in ours.items()},
        **{f"pytest-benchmark, {kind}": found for kind, found in theirs.items()},
    }
    return {name: tuple(each.sample for each in found) for name, found in named.items() if found}
