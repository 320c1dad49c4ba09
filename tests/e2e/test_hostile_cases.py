from typing import Any

from tests.e2e.project import Project, command, python, result, statuses

CODE = """
import ctypes, os, subprocess, sys, threading, time, asyncio

class Unshowable(Exception):
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__

class Opaque:
    def __reduce__(self): raise TypeError("no")
    def __repr__(self): raise ValueError("no repr")

def exits(): sys.exit(0)
def leaves(): os._exit(0)
def segfaults(): ctypes.string_at(0)
def loops():
    while True:
        try:
            while True: pass
        except BaseException: pass
def raises(): raise Unshowable()
def opaque(): return Opaque()
def huge(): return "x" * 1_000_000_000
def chatty():
    for _ in range(30): print("y" * 1_000_000)
    return 1
def fine(): return 1
async def blocks_the_loop():
    while True: pass
async def leaves_the_loop(): os._exit(0)
async def waits(): await asyncio.sleep(0.2)
async def exits_the_loop(): sys.exit(3)
def lambda_result(): return lambda: 0
def closes(): os.closerange(0, 64)
def daemonises():
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    return 1
"""


def test_hostile_code_costs_its_own_case_and_no_other(project: Project) -> None:
    project.write("code.py", CODE)
    names = [
        "exits", "leaves", "segfaults", "loops", "raises", "opaque", "huge", "chatty", "lambda_result",
        "blocks_the_loop", "leaves_the_loop", "exits_the_loop", "closes", "daemonises",
    ]  # fmt: skip
    equals = {"opaque": [{"equals": 1}], "huge": [{"length": 1_000_000_000}]}
    # Only those that never end have a short limit: the others may have to wait for the machine.
    endless = {"loops", "blocks_the_loop"}
    cases: list[dict[str, Any]] = [
        {
            **python(name, f"code:{name}", timeout="2s" if name in endless else "60s"),
            "expect": equals.get(name, ["completes"]),
        }
        for name in names
    ]
    cases += [python(f"fine-{n}", "code:fine") for n in range(3)]
    cases += [python(f"waits-{n}", "code:waits") for n in range(3)]
    project.suite("s", cases)

    ended, report = project.run("s.json", "-n", "2")

    got = statuses(report)
    kinds = {
        each["id"]: each["attempts"][-1]["error"]["kind"]
        for each in report["results"]
        if each["attempts"][-1]["error"]
    }
    assert ended.code == 1
    assert {got[name] for name in got if name.startswith(("fine", "waits"))} == {"passed"}
    assert kinds == {
        "exits": "crash",
        "leaves": "crash",
        "segfaults": "crash",
        "loops": "timeout",
        "raises": "exception",
        "blocks_the_loop": "timeout",
        "leaves_the_loop": "crash",
        "exits_the_loop": "crash",
        "closes": "crash",
    }
    # What holdfast could not keep whole is not called passed, nor is it an error of the case.
    assert {got["opaque"], got["huge"]} == {"undecided"}
    assert {got["chatty"], got["lambda_result"], got["daemonises"]} == {"passed"}
    assert "SIGSEGV" in result(report, "segfaults")["attempts"][-1]["error"]["message"]
    assert "sys.exit(0)" in result(report, "exits")["attempts"][-1]["error"]["message"]
    assert "Unshowable" in result(report, "raises")["attempts"][-1]["error"]["type"]
    assert report["counts"]["planned"] == report["counts"]["recorded"] == len(cases)
    assert "Traceback" not in ended.err
    assert project.left_running() == []


def test_retries_keep_every_attempt_and_a_flaky_pass_is_shown_as_one(project: Project) -> None:
    fails_once = "test -e been || { touch been; exit 1; }"
    project.suite(
        "s",
        [
            command("flaky", fails_once, retries=3),
            command("hopeless", "false", retries={"times": 2, "backoff": "1ms"}),
            command("not-that", "false", retries={"times": 2, "on": ["timeout"]}),
        ],
    )

    ended, report = project.quick_run("s.json")
    shown = project.quick("show", "last", "flaky")
    refused = project.quick(
        "gate", "last", HOLDFAST_GATE_FLAKY="fail", HOLDFAST_GATE_SUCCESS_RATE="0"
    )

    tries = {
        each["id"]: [attempt["status"] for attempt in each["attempts"]]
        for each in report["results"]
    }
    assert tries == {
        "flaky": ["failed", "passed"],
        "hopeless": ["failed"] * 3,
        "not-that": ["failed"],
    }
    assert ended.code == 1
    assert result(report, "flaky")["flaky"] is True
    assert report["counts"]["flaky"] == 1
    assert "attempt 1" in shown.out
    assert "attempt 2" in shown.out
    assert refused.code == 1
    assert "not met  flaky" in refused.out


def test_waived_needed_and_deselected_cases_are_told_apart(project: Project) -> None:
    project.suite(
        "s",
        [
            command("broken", "false"),
            command("needs-broken", after=["broken"]),
            command("skipped", skip="not today"),
            command("known", "false", xfail="a known bug"),
            command("mended", "true", xfail="a bug that is gone"),
            command("expired", "false", xfail={"reason": "was promised", "until": "2001-01-01"}),
            command("greedy", requires={"memory": "900000 GB"}),
            command("stress", tags=["stress"]),
        ],
    )

    ended, report = project.quick_run("s.json")

    assert ended.code == 1
    assert statuses(report) == {
        "broken": "failed",
        "needs-broken": "skipped",
        "skipped": "skipped",
        "known": "skipped",
        "mended": "passed",
        "expired": "failed",
        "greedy": "skipped",
    }
    reasons = {each["id"]: each["reason"] for each in report["results"]}
    assert "s/broken did not pass" in reasons["needs-broken"]
    assert reasons["skipped"] == "not today"
    assert "a known bug" in reasons["known"]
    assert "memory" in reasons["greedy"]
    assert "1 tagged stress" in ended.out


def test_permits_and_needs_are_held_whatever_runs_at_once(project: Project) -> None:
    project.write("holdfast.toml", "[resources]\ngate = 2\n")
    note = "echo {word} >> log"
    body = f"{note.format(word='+')}; sleep 0.05; {note.format(word='-')}"
    cases = [command(f"c{n}", body, uses={"gate": 1}) for n in range(8)]
    cases += [command(f"free{n}", ["sleep", "0.05"]) for n in range(4)]
    cases += [
        command("last", "echo last >> order", after=["middle"], priority=9),
        command("middle", "echo middle >> order", after=["first"]),
        command("first", "echo first >> order"),
    ]
    project.suite("s", cases)

    ended, report = project.run("s.json")

    level = highest = 0
    for word in (project.folder / "log").read_text().split():
        level += 1 if word == "+" else -1
        highest = max(highest, level)
    assert ended.code == 0
    assert highest == 2
    assert (project.folder / "order").read_text().split() == ["first", "middle", "last"]
    assert report["schedule"]["permit_wait_s"] > 0


KILLER = """
import os, signal, time, holdfast

@holdfast.case
def kills(): os.kill(os.getppid(), signal.SIGKILL); time.sleep(9)

@holdfast.case(after=["kills"])
def waits(): pass
"""


def test_cases_in_flight_are_named_when_one_of_them_kills_the_process_above(
    project: Project,
) -> None:
    project.write("checks.py", KILLER)
    project.suite("s", [command("shell", ["sh", "-c", "kill -9 $PPID; sleep 9"])])

    by_python, by_command = project.call("run", "checks.py"), project.call("run", "s.json")

    assert [by_python.code, by_command.code] == [4, 4]
    assert (
        "in flight when it ended: checks/checks:kills\nhint: a case must not kill" in by_python.err
    )
    assert "in flight when it ended: s/shell\n" in by_command.err
