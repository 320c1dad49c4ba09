"""What does an authored case become?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.model.case import Case, Expect, Requires, Retries, Step, Target, Until, Waiver
from tests.unit.cases.loading import load_text


def case_of(folder: Path, text: str, **more: Any) -> Case:
    (case,) = load_text(folder, f"cases:\n- {text}\n", **more).cases
    return case


def test_a_case_takes_everything_that_is_written(tmp_path: Path) -> None:
    text = """
    suite: detection
    description: finds what is odd
    services: [api]
    cases:
      - id: all
        name: everything
        description: each key once
        python: m:f
        with: {rows: 100}
        expect: [{equals: 3}, completes]
        tags: [a, b]
        priority: 7
        after: [first]
        uses: {llm: 2, machine: 1, api: 1, database: 1}
        requires: {memory: 1GiB, disk: 2MB, cpus: 1.5}
        timeout: 2m
        retries: {times: 2, on: [timeout, status 429/503], backoff: 100ms, factor: 3}
        xfail: {reason: known, until: 2026-06-15}
        severity: critical
        seed: 5
      - id: first
        python: m:g
    """
    loaded = load_text(tmp_path, text)
    case, first = loaded.cases
    assert case == Case(
        suite="detection",
        id="all",
        name="everything",
        description="each key once",
        target=Target(kind="python", spec={"ref": "m:f", "with": {"rows": 100}}),
        expect=(Expect("equals", 3), Expect("completes")),
        tags=("a", "b"),
        priority=7,
        after=("detection/first",),
        uses={"llm": 2, "machine": 1, "api": 1, "database": 1},
        requires=Requires(memory_bytes=2**30, disk_bytes=2_000_000, cpus=1.5),
        timeout_s=120.0,
        retries=Retries(
            times=2, on=("timeout", "status 429", "status 503"), backoff_s=0.1, factor=3.0
        ),
        xfail=Waiver(reason="known", until="2026-06-15"),
        severity="critical",
        seed=5,
        source="cases.yaml:6",
        base=str(tmp_path),
    )
    assert first == Case(
        suite="detection",
        id="first",
        target=Target(kind="python", spec={"ref": "m:g", "with": {}}),
        source="cases.yaml:22",
        base=str(tmp_path),
    )
    suite = loaded.suites["detection"]
    assert (suite.name, suite.source) == ("detection", "cases.yaml")
    assert (suite.description, suite.services) == ("finds what is odd", ("api",))


@pytest.mark.parametrize(
    ("authored", "spec"),
    [
        ("python: 'm:f'", {"ref": "m:f", "with": {}}),
        ("python: {ref: 'm:f'}", {"ref": "m:f", "with": {}}),
        ("python: {ref: 'm:f', with: {n: 1}}", {"ref": "m:f", "with": {"n": 1}}),
        ("http: 'http://x'", {"url": "http://x"}),
        ("http: {url: x, method: PUT}", {"url": "x", "method": "PUT"}),
        ("command: [ls, -l]", {"argv": ["ls", "-l"]}),
        ("command: ls -l | wc", {"shell": "ls -l | wc"}),
        ("command: {argv: [ls], cwd: /tmp}", {"argv": ["ls"], "cwd": "/tmp"}),
    ],
)
def test_a_target_may_be_short_or_long(authored: str, spec: dict[str, Any], tmp_path: Path) -> None:
    assert case_of(tmp_path, f"{{id: a, {authored}}}").target.spec == spec


BELOW_400 = Expect("status", "< 400")
EXIT_0 = Expect("exit_code", 0)


@pytest.mark.parametrize(
    ("authored", "expected"),
    [
        ("http: x, expect: [{duration: '< 1s'}]", (BELOW_400, Expect("duration", "< 1s"))),
        ("http: x, expect: [completes]", (BELOW_400, Expect("completes"))),
        ("http: x, expect: [{status: 404}]", (Expect("status", 404),)),
        ("http: x, expect: [{not: {status: 500}}]", (Expect("not", {"status": 500}),)),
        (
            "command: ls, expect: [{stdout: {contains: a}}]",
            (EXIT_0, Expect("stdout", {"contains": "a"})),
        ),
        ("command: ls, expect: [{exit_code: 3}]", (Expect("exit_code", 3),)),
        ("http: x, expect: []", ()),
        ("http: x", ()),
        ("command: ls", ()),
        ("python: 'm:f', expect: [{raises: KeyError}]", (Expect("raises", "KeyError"),)),
    ],
)
def test_a_target_implies_how_it_ends_unless_that_is_named(
    authored: str, expected: tuple[Expect, ...], tmp_path: Path
) -> None:
    assert case_of(tmp_path, f"{{id: a, {authored}}}").expect == expected


def test_steps_are_built_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text("[1]")
    text = """
    cases:
      - id: flow
        steps:
          - name: create
            http: {method: POST, url: "{api}/d", headers: {K: "{env.KEY}"}, json: {rows: "{file:sample.json}"}}
            expect: [{status: 201}]
            save: {dataset: $.id}
            timeout: 5s
          - http: {url: "{api}/d/{dataset}"}
            until: {expect: [{equals: "{dataset}"}], every: 50ms, within: 5s}
          - python: m:f
            with: {n: "{dataset}"}
        teardown:
          - http: {method: DELETE, url: "{api}/d/{dataset}"}
    """
    (case,) = load_text(tmp_path, text, env={"KEY": "k"}).cases
    create, poll, last = case.steps
    assert case.target == Target(kind="steps", spec={})
    assert case.expect == ()
    assert create == Step(
        name="create",
        target=Target(
            kind="http",
            spec={
                "method": "POST",
                "url": "{api}/d",
                "headers": {"K": "{env.KEY}"},
                "json": {"rows": "{file:sample.json}"},
            },
        ),
        expect=(Expect("status", 201),),
        save={"dataset": "$.id"},
        timeout_s=5.0,
    )
    assert poll.expect == (BELOW_400,)
    assert poll.until == Until(
        expect=(BELOW_400, Expect("equals", "{dataset}")), every_s=0.05, within_s=5.0
    )
    assert last.target.spec == {"ref": "m:f", "with": {"n": "{dataset}"}}
    assert [step.target.kind for step in case.teardown] == ["http"]
    assert case.fingerprint != ""


def test_defaults_add_lists_merge_objects_and_give_way(tmp_path: Path) -> None:
    text = """
    defaults:
      tags: [integration, slow]
      timeout: 30s
      priority: 3
      uses: {llm: 1}
      requires: {memory: 1MB, cpus: 2}
      retries: 2
      severity: high
      seed: 9
      expect: [{duration: "< 1s"}]
    cases:
      - {id: a, python: 'm:f'}
      - {id: b, python: 'm:f', tags: [slow, x], timeout: 5, priority: 0, uses: {llm: 2, api: 1},
         requires: {cpus: 1}, retries: 0, severity: low, seed: 1, expect: [{equals: 1}]}
    """
    a, b = load_text(tmp_path, text).cases
    assert (a.tags, a.timeout_s, a.priority) == (("integration", "slow"), 30.0, 3)
    assert (a.uses, a.retries.times, a.severity, a.seed) == ({"llm": 1}, 2, "high", 9)
    assert a.requires == Requires(memory_bytes=1_000_000, cpus=2.0)
    assert a.expect == (Expect("duration", "< 1s"),)
    assert (b.tags, b.timeout_s, b.priority) == (("integration", "slow", "x"), 5.0, 0)
    assert (b.uses, b.retries.times, b.severity, b.seed) == ({"llm": 2, "api": 1}, 0, "low", 1)
    assert b.requires == Requires(memory_bytes=1_000_000, cpus=1.0)
    assert b.expect == (Expect("duration", "< 1s"), Expect("equals", 1))


def test_defaults_below_the_cases_hold_as_well(tmp_path: Path) -> None:
    text = '{"cases": [{"id": "a", "python": "m:f"}], "defaults": {"priority": 4}, "suite": "s"}'
    (case,) = load_text(tmp_path, text, "c.json").cases
    assert (case.suite, case.priority) == ("s", 4)


def test_a_default_can_be_taken_back(tmp_path: Path) -> None:
    text = "defaults: {skip: later, enabled: false}\ncases: [{id: a, python: 'm:f', skip: false, enabled: true}]"
    (case,) = load_text(tmp_path, text).cases
    assert (case.skip, case.enabled) == (None, True)


@pytest.mark.parametrize(
    ("authored", "expected"),
    [
        ("skip: true", Waiver(reason="skip without a reason")),
        ("skip: flaky", Waiver(reason="flaky")),
        ("skip: {reason: bug, until: 2026-06-15}", Waiver(reason="bug", until="2026-06-15")),
        ("skip: {reason: bug}", Waiver(reason="bug")),
        ("skip: {reason: bug, until: 2026-06-14}", None),
        ("skip: false", None),
    ],
)
def test_a_skip_holds_up_to_its_last_day(
    authored: str, expected: Waiver | None, tmp_path: Path
) -> None:
    assert case_of(tmp_path, f"{{id: a, python: 'm:f', {authored}}}").skip == expected


def test_an_expired_waiver_says_so(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path, "cases: [{id: a, python: 'm:f', xfail: {reason: bug, until: 2020-01-01}}]"
    )
    assert loaded.notes == (
        "cases.yaml: a: xfail (bug) expired on 2020-01-01: it does not apply any more",
    )


def test_an_expired_default_says_so_once(tmp_path: Path) -> None:
    text = (
        "defaults: {skip: {reason: bug, until: 2020-01-01}}\n"
        "cases: [{id: a, python: 'm:f'}, {id: b, python: 'm:f'}]"
    )
    assert load_text(tmp_path, text).notes == (
        "cases.yaml: defaults: skip (bug) expired on 2020-01-01: it does not apply any more",
    )


def test_foreach_makes_a_case_of_every_combination(tmp_path: Path) -> None:
    text = """
    cases:
      - id: scale
        foreach: {n: [1, 2.5], kind: [a, {deep: x}]}
        python: m:f
        with: {n: "{n}", text: "n={n} {{n}} {kind}", other: "{api}"}
        tags: ["n-{n}"]
        expect: [{equals: "{n}"}]
      - id: after-all
        python: m:g
        after: [scale]
      - id: after-one
        python: m:g
        after: ["scale[n=1,kind=a]"]
    """
    cases = load_text(tmp_path, text).cases
    assert [case.id for case in cases[:4]] == [
        "scale[n=1,kind=a]",
        "scale[n=1,kind=#1]",
        "scale[n=2.5,kind=a]",
        "scale[n=2.5,kind=#1]",
    ]
    assert cases[0].target.spec["with"] == {"n": 1, "text": "n=1 {{n}} a", "other": "{api}"}
    assert cases[1].target.spec["with"]["text"] == 'n=1 {{n}} {"deep": "x"}'
    assert cases[2].matrix == {"n": 2.5, "kind": "a"}
    assert cases[2].tags == ("n-2.5",)
    assert cases[2].expect == (Expect("equals", 2.5),)
    assert cases[4].after == tuple(f"cases/{case.id}" for case in cases[:4])
    assert cases[5].after == ("cases/scale[n=1,kind=a]",)


def test_the_rows_of_a_file_make_one_axis(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("name,size\na,1\nb,2\n")
    case = "{id: c, foreach: {file: rows.csv, n: [0]}, python: 'm:f', with: {s: '{name}{size}'}}"
    cases = load_text(tmp_path, f"cases: [{case}]").cases
    assert [case.id for case in cases] == ["c[name=a,size=1,n=0]", "c[name=b,size=2,n=0]"]
    assert cases[1].target.spec["with"] == {"s": "b2"}


def test_the_fingerprint_follows_the_content_of_files(tmp_path: Path) -> None:
    text = "{id: a, python: 'm:f', with: {x: '{file:x.txt}'}}"
    (tmp_path / "x.txt").write_text("one")
    first = case_of(tmp_path, text).fingerprint
    assert case_of(tmp_path, text).fingerprint == first
    (tmp_path / "x.txt").write_text("two")
    assert case_of(tmp_path, text).fingerprint not in {first, ""}


def test_names_saved_before_each_case_are_known(tmp_path: Path) -> None:
    text = """
    before: [{python: 'm:f'}]
    before_each: [{python: 'm:f', save: {user: $.id}}]
    after_each: [{python: 'm:f', with: {user: "{user}"}}]
    after_all: [{command: [ls]}]
    cases: [{id: a, http: "{api}/{user}"}]
    """
    suite = load_text(tmp_path, text).suites["cases"]
    lists = (suite.before, suite.before_each, suite.after_each, suite.after_all)
    assert [len(each) for each in lists] == [1, 1, 1, 1]
    assert suite.after_all[0].expect == (EXIT_0,)


def test_a_template_may_stand_for_a_typed_field(tmp_path: Path) -> None:
    text = """
    cases:
      - id: a
        steps:
          - {python: 'm:f', save: {yes: $.x}}
          - http: {url: x, follow: "{yes}"}
            expect: [{between: ["{yes}", 5]}]
    """
    (case,) = load_text(tmp_path, text).cases
    assert case.steps[1].target.spec["follow"] == "{yes}"
    assert case.steps[1].expect[1] == Expect("between", ["{yes}", 5])


def test_disabled_cases_are_kept_with_the_fact(tmp_path: Path) -> None:
    assert not case_of(tmp_path, "{id: a, python: 'm:f', enabled: false}").enabled
