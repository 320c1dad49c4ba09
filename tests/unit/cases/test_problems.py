"""What is said about a case file that is wrong, and at which place?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import ProblemsError
from tests.unit.cases.loading import load_text, problem_of, problems_of

CASE = "cases:\n  - id: a\n    python: m:f\n"

# What is added below a case (indented by 4), and what is said about it.
FAULTS = {
    "an unknown key": ("timout: 3s", "4:5: no such key 'timout'; did you mean 'timeout'?"),
    "a wrong type": ("priority: high", "4:5: 'priority' must be a whole number, got 'high'"),
    "a boolean for a number": (
        "priority: true",
        "4:5: 'priority' must be a whole number, got true",
    ),
    "an item of a wrong type": ("tags: [a, 1]", "4:15: an item of 'tags' must be a string, got 1"),
    "a string for a list": ("tags: slow", "4:5: 'tags' must be a list, got 'slow'"),
    "an unknown unit": (
        "timeout: 3 sec",
        "4:5: 'timeout': a duration must be a quantity such as '200ms' (units: ns us ms s m h), "
        "got '3 sec'; did you mean 's'?",
    ),
    "a negative duration": (
        "timeout: -3s",
        "4:5: 'timeout': a duration must not be negative, got '-3s'",
    ),
    "no time at all": ("timeout: 0s", "4:5: 'timeout' must be more than 0, got '0s'"),
    "a wrong word": (
        "severity: hgh",
        "4:5: 'severity' must be one of critical, high, low, medium, got 'hgh'; did you mean 'high'?",
    ),
    "an undeclared resource": (
        "uses: {databse: 1}",
        "4:12: no such resource 'databse'; did you mean 'database'?",
    ),
    "more permits than there are": (
        "uses: {llm: 4}",
        "4:12: 'llm' must be at most 3, got 4: the case could never run",
    ),
    "a service twice": (
        "uses: {api: 2}",
        "4:12: 'api' must be at most 1, got 2: the case could never run",
    ),
    "no permit": ("uses: {llm: 0}", "4:12: 'llm' must be at least 1 permit, got 0"),
    "an unknown expectation": (
        "expect: [equal: 3]",
        "4:14: no such expectation 'equal'; did you mean 'equals'?",
    ),
    "an unknown bare expectation": (
        "expect: [complete]",
        "4:14: no such expectation 'complete'; did you mean 'completes'?",
    ),
    "two expectations in one item": (
        "expect: [{equals: 3, regex: a}]",
        "4:26: an expectation must have one name, got equals, regex",
    ),
    "an expectation that is a number": (
        "expect: [3]",
        "4:14: an expectation must be a name or {name: parameters}, got 3",
    ),
    "a bad regular expression": (
        "expect: [{regex: '('}]",
        "4:15: a regular expression must compile, got '(': missing ), unterminated subpattern at "
        "position 0",
    ),
    "a nested unknown expectation": (
        "expect: [{not: {equal: 3}}]",
        "4:21: no such expectation 'equal'; did you mean 'equals'?",
    ),
    "an expectation that the target cannot answer": (
        "expect: [{status: 200}]",
        "4:15: 'status' needs status, which a python target does not produce",
    ),
    "a nested one that it cannot answer": (
        "expect: [{not: {exit_code: 0}}]",
        "4:14: 'exit_code' needs exit_code, which a python target does not produce",
    ),
    "an unknown after": ("after: [b]", "4:13: no such case 'b'"),
    "itself as a need": (
        "after: [a]",
        "4:5: 'after' must not go round in a circle, got cases/a -> cases/a",
    ),
    "a retry on an unknown outcome": (
        "retries: {times: 1, on: [timout]}",
        "4:30: an item of 'on' must be one of connection, crash, error, failed, timeout or "
        "'status 503', got 'timout'; did you mean 'timeout'?",
    ),
    "negative retries": ("retries: -1", "4:5: 'retries' must lie between 0 and 1000, got -1"),
    "a missing key inside": ("retries: {on: [failed]}", "4:5: 'retries' must have the key 'times'"),
    "a factor below 1": (
        "retries: {times: 1, factor: 0.5}",
        "4:25: 'factor' must be a number of at least 1, got 0.5",
    ),
    "a skip without words": ("skip: ''", "4:5: 'skip' must say why, got an empty text"),
    "a reason without words": (
        "xfail: {reason: ''}",
        "4:13: 'reason' must say why, got an empty text",
    ),
    "an impossible day": (
        "skip: {reason: x, until: 2026-02-30}",
        "4:23: 'until' must be a date such as 2026-12-31, got '2026-02-30'",
    ),
    "negative cpus": ("requires: {cpus: -1}", "4:16: 'cpus' must not be negative, got -1"),
    "an unknown size": (
        "requires: {memory: 1Gb}",
        "4:16: 'memory': a size must be a quantity such as '64KB' (units: B KB MB GB KiB MiB GiB), "
        "got '1Gb'; did you mean 'GB'?",
    ),
    "two targets": ("http: x", "4:5: a case must have one target, got python and http"),
    "a teardown without steps": (
        "teardown: [python: 'm:g']",
        "4:5: only a case with 'steps' may have a 'teardown'",
    ),
    "an environment variable that is not set": (
        "with: {key: '{env.NOPE}'}",
        "4:12: environment variable 'NOPE' must be set, got nothing",
    ),
    "a name that nothing saves": (
        "with: {key: 'a {nope}'}",
        "4:12: no such name 'nope' for the template {nope}",
    ),
    "a file that is not there": (
        "with: {key: '{file:nope.txt}'}",
        "4:12: a file template must name a file that can be read, got 'nope.txt': No such file or "
        "directory",
    ),
    "a saved name in an expectation that nothing saves": (
        "expect: [{equals: '{nope}'}]",
        "4:15: no such name 'nope' for the template {nope}",
    ),
    "a repeated key": ("python: m:g", "4:5: the key 'python' must be given once, got it again"),
    "a foreach without values": (
        "foreach: {n: []}",
        "4:15: 'n' must have at least one value, got an empty list: it would make no case",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    added, expected = FAULTS[name]
    assert problem_of(tmp_path, f"{CASE}    {added}\n") == f"cases.yaml:{expected}"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "".join(
        f"  - id: c{n}\n    python: m:f\n    {FAULTS[key][0]}\n" for n, key in enumerate(FAULTS)
    )
    found = problems_of(tmp_path, f"cases:\n{text}")
    assert len(found) == len(FAULTS)


def test_the_message_counts_problems_and_files(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="2 problems; nothing was run"):
        load_text(tmp_path, "cases:\n  - {id: a, python: m:f, prio: 1}\n  - {id: a, python: m:f}\n")


CASES = {
    "no id": ("- python: m:f", "2:3: a case must have an 'id'"),
    "an empty id": ("- {id: '', python: m:f}", "2:3: a case must have an 'id'"),
    "an id that is a number": ("- {id: 7, python: m:f}", "2:4: 'id' must be a string, got 7"),
    "an id with a line break": (
        '- {id: "a\\nb", python: m:f}',
        "2:4: an id must be one line of text without spaces around it, got 'a\\nb'",
    ),
    "no target": (
        "- id: a",
        "2:3: a case must have a target: one of command, http, python, session, steps",
    ),
    "a misspelt target": ("- {id: a, htp: x}", "2:11: no such key 'htp'; did you mean 'http'?"),
    "no case at all": ("- 7", "2:3: a case must be an object, got 7"),
    "a key of the target": (
        "- {id: a, http: {url: x, folow: true}}",
        "2:26: no such key 'folow'; did you mean 'follow'?",
    ),
    "a value of the target": (
        "- {id: a, http: {url: x, follow: maybe}}",
        "2:26: 'follow' must be true or false, got 'maybe'",
    ),
    "a target without what it needs": (
        "- {id: a, http: {method: GET}}",
        "2:11: 'http' must have the key 'url'",
    ),
    "a target of a wrong type": (
        "- {id: a, command: 5}",
        "2:11: 'command' must be a string (its 'shell'), a list of arguments or an object, got 5",
    ),
    "a target that its own form refuses": (
        "- {id: a, python: nothing}",
        "2:11: a Python target must be 'module:function', got 'nothing'",
    ),
    "arguments for a command": (
        "- {id: a, command: [ls], with: {n: 1}}",
        "2:26: this target takes no 'with'",
    ),
    "arguments twice": (
        "- {id: a, python: {ref: m:f, with: {n: 1}}, with: {n: 2}}",
        "2:45: 'with' must be given once, got it twice",
    ),
    "no steps": (
        "- {id: a, steps: []}",
        "2:11: 'steps' must be a list of at least one step, got []",
    ),
    "a step without a target": (
        "- {id: a, steps: [{name: x}]}",
        "2:19: a step must have a target: one of command, http, python, session",
    ),
    "steps inside a step": (
        "- {id: a, steps: [{steps: []}]}",
        "2:20: no such key 'steps'",
    ),
    "an until without an expectation": (
        "- {id: a, steps: [{python: m:f, until: {expect: []}}]}",
        "2:41: 'until' must have an expectation, got an empty list",
    ),
    "a saved name that no template can hold": (
        "- {id: a, steps: [{python: m:f, save: {a b: $.x}}]}",
        "2:40: a saved name must be letters, digits, '_' and '-', got 'a b'",
    ),
    "a save by a path that is none": (
        "- {id: a, steps: [{python: m:f, save: {a: '$.['}}]}",
        "2:40: a JSONPath must follow RFC 9535, got '$.[': expected a shorthand selector at "
        "character 3",
    ),
    "a save of nothing": (
        "- {id: a, steps: [{python: m:f, save: {a: ''}}]}",
        "2:40: 'a' must say what to save, got an empty text",
    ),
    "a name that a later step saves": (
        "- {id: a, steps: [{python: m:f, with: {x: '{n}'}}, {python: m:g, save: {n: $.n}}]}",
        "2:40: no such name 'n' for the template {n}",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_faulty_case_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    case, expected = CASES[name]
    assert problem_of(tmp_path, f"cases:\n{case}\n") == f"cases.yaml:{expected}"


SUITES = {
    "an unknown key": (
        "nmae: x\ncases: []",
        "1:1: no such key 'nmae'",
    ),
    "an unknown service": (
        "services: [apis]\ncases: []",
        "1:12: no such service 'apis'; did you mean 'api'?",
    ),
    "a name with a slash": (
        "suite: a/b\ncases: []",
        "1:1: a suite's name must be one line without '/', got 'a/b'",
    ),
    "cases that are no list": ("cases: {}", "1:1: 'cases' must be a list, got {}"),
    "no cases": ("suite: a", "1:1: a case file must have the key 'cases'"),
    "a default that means nothing": (
        "defaults: {timeout: 3x}\ncases: [{id: a, python: 'm:f'}, {id: b, python: 'm:f'}]",
        "1:12: 'timeout': a duration must be a quantity such as '200ms' (units: ns us ms s m h), "
        "got '3x'",
    ),
    "a default expectation that a target cannot answer": (
        "defaults: {expect: [{status: 200}]}\ncases: [{id: a, python: 'm:f'}]",
        "1:22: 'status' needs status, which a python target does not produce",
    ),
    "a default expectation that does not exist": (
        "defaults: {expect: [stats]}\ncases: [{id: a, python: 'm:f'}]",
        "1:21: no such expectation 'stats'; did you mean 'status'?",
    ),
    "an unknown key of a step before": (
        "before: [{python: 'm:f', sav: {}}]\ncases: []",
        "1:26: no such key 'sav'; did you mean 'save'?",
    ),
    "two cases of one id": (
        "cases:\n- {id: a, python: 'm:f'}\n- {id: a, python: 'm:f'}",
        "3:4: an id must be unique in its suite, got 'a' twice",
    ),
    "needs that go round": (
        "cases:\n- {id: a, python: 'm:f', after: [b]}\n- {id: b, python: 'm:f', after: [a]}",
        "2:26: 'after' must not go round in a circle, got cases/a -> cases/b -> cases/a",
    ),
}


@pytest.mark.parametrize("name", SUITES)
def test_a_faulty_suite_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    text, expected = SUITES[name]
    assert problem_of(tmp_path, text) == f"cases.yaml:{expected}"


def test_a_problem_of_a_foreach_is_told_once(tmp_path: Path) -> None:
    text = "cases: [{id: a, foreach: {n: [1, 2, 3]}, python: 'm:f', prio: '{n}'}]"
    assert (
        problem_of(tmp_path, text)
        == "cases.yaml:1:57: no such key 'prio'; did you mean 'priority'?"
    )


def test_a_broken_foreach_does_not_hide_the_rest_of_its_case(tmp_path: Path) -> None:
    text = "cases: [{id: a, foreach: {n: 3}, python: 'm:f', prio: 1}]"
    assert problems_of(tmp_path, text) == [
        "cases.yaml:1:27: 'n' must be a list of values, got 3",
        "cases.yaml:1:49: no such key 'prio'; did you mean 'priority'?",
    ]


def test_the_cure_is_a_hint_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as caught:
        load_text(tmp_path, "cases: [{id: 1.10, python: 'm:f'}]")
    assert caught.value.problems[0].hint == 'write it in quotes: "1.1"'


def test_every_item_of_a_nested_list_is_told(tmp_path: Path) -> None:
    text = "cases: [{id: a, python: 'm:f', expect: [{all_of: [nope, {regex: '('}, {equals: 1}]}]}]"
    assert [each.split(": ")[0] for each in problems_of(tmp_path, text)] == [
        "cases.yaml:1:51",
        "cases.yaml:1:58",
    ]


def test_a_case_with_two_targets_tells_its_other_problems_too(tmp_path: Path) -> None:
    text = """
        cases:
          - id: a
            http: {url: x, metod: GET}
            expect: [{stats: 1}]
            steps:
              - {command: x, save: {n: $}}
              - {command: "echo {n}", python: m:f, expect: [{stdot: x}], save: {k: $}}
              - {command: "echo {k}"}
    """
    assert [each.partition(":")[2] for each in problems_of(tmp_path, text)] == [
        "4:20: no such key 'metod'; did you mean 'method'?",
        "5:15: no such expectation 'stats'; did you mean 'status'?",
        "6:5: a case must have one target, got http and steps",
        "8:31: a step must have one target, got command and python",
        "8:54: no such expectation 'stdot'; did you mean 'stdout'?",
    ]


def test_a_case_is_never_offered_as_its_own_need(tmp_path: Path) -> None:
    text = "cases: [{id: login-1, command: x, after: [login-2]}, {id: login-3, command: x}, {id: a, command: x}]"
    assert problem_of(tmp_path, text).endswith("no such case 'login-2'; did you mean 'login-3'?")
    alone = "cases: [{id: login-1, command: x, after: [login-2]}, {id: a, command: x}]"
    assert problem_of(tmp_path, alone).endswith("no such case 'login-2'")
