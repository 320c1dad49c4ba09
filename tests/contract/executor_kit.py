"""How do the contract tests of executors get their evidence? All calls are made once per executor, at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.execute.in_process import InProcess
from holdfast.execute.pool import Pool
from holdfast.model.evidence import Evidence
from holdfast.ports import AssessorCall, PythonCall
from holdfast.process.reaper_client import Reaper

ROOT = str(Path(__file__).resolve().parents[2])
CODE = "tests.contract.executor_code"


def ref(name: str) -> str:
    return f"{CODE}:{name}"


def call(name: str, validators: Sequence[AssessorCall] = (), **options: Any) -> PythonCall:
    """A call of the code; `lane`, `timeout_s` and the like are options, the rest are its arguments."""
    own = {
        key: options.pop(key)
        for key in ("lane", "timeout_s", "seed", "alone", "worker")
        if key in options
    }
    return PythonCall(
        **{
            "ref": ref(name),
            "kwargs": options,
            "timeout_s": 30.0,
            "assessors": tuple(validators),
            **own,
        }
    )


def later(name: str, **options: Any) -> PythonCall:
    """A call of a coroutine function, in the host that it shares with others."""
    return call(name, lane="async", **options)


def validator(name: str, params: Any = None) -> AssessorCall:
    return AssessorCall(key=name, ref=ref(name), params=params)


JUDGED = ("is_right", "is_wrong", "awaits", "says_text", "says_nothing", "raises", "asserts_about")
VALIDATORS = (
    *(validator(name) for name in JUDGED),
    validator("has_limit", {"limit": 3}),
    validator("absent"),
)

# What every executor carries out.
GENTLE: dict[str, PythonCall] = {
    "sync value": call("value", n=3, text="a"),
    "async value": call("value_async", lane="async", n=3, text="a"),
    "sync page": call("writes_on_its_page", text="from a worker"),
    "async page": call("writes_on_its_page_async", lane="async", text="from a host"),
    "returned awaitable": call("returns_awaitable"),
    "nested name": call("Namespace.inside", n=1),
    "callable object": call("callable_object", lane="async"),
    "sync error": call("fails", message="bad luck"),
    "async error": call("fails_async", lane="async", message="bad luck"),
    "awaitable error": call("fails_in_awaitable"),
    "assertion": call("asserts"),
    "unsayable error": call("raises_unsayable"),
    "surrogate error": call("raises_surrogate"),
    "connection error": call("raises_connection"),
    "sys.exit": call("calls_exit"),
    "out of memory": call("out_of_memory"),
    "seed 1": call("roll", seed=1),
    "seed 1 again": call("roll", seed=1),
    "seed 2": call("roll", seed=2),
    "wrong arguments": call("value", nonsense=1),
    "absent function": call("absent"),
    "not callable": call("not_callable"),
    "absent module": PythonCall(ref="no.such.module:f"),
    "absent file": PythonCall(ref="no_such_file.py:f"),
    "file": PythonCall(ref=f"{ROOT}/tests/contract/executor_code.py:value"),
    "validators": call("value", VALIDATORS),
    "validators async": call("value_async", VALIDATORS, lane="async"),
    "live value": call("strange", [validator("gets_identity")], kind="foreign"),
    "async timeout": call("waits", lane="async", seconds=60.0, timeout_s=0.1),
    "huge": call("huge"),
    "huge surrogates": call("huge_surrogates"),
    **{
        kind: call("strange", kind=kind)
        for kind in ("foreign", "hostile", "path", "datetime", "surrogate", "module")
    },
}

# What only processes of their own survive; each alone in its process.
ROUGH: dict[str, PythonCall] = {
    "keyboard interrupt": call("interrupts"),
    "segfault": call("segfaults"),
    "exit 0": call("exits", code=0),
    "exit 3": call("exits", code=3),
    "killed": call("kills_itself"),
    "endless": call("endless", timeout_s=0.2),
    "holds": call("holds_the_interpreter", timeout_s=0.2),
    "prints": call("prints", text="hello"),
    "descriptors": call("writes_to_descriptors"),
    "prints 30 MB": call("prints_much", size=30_000_000),
    "output before crash": call("crashes_after_output"),
    "crash with child": call("crashes_with_child"),
    "fork": call("forks_and_returns"),
    "fork with validator": call("forks_and_returns", [validator("says_text")]),
    "closed descriptors": call("closes_descriptors"),
    "written connection": call("writes_to_connection"),
    "set as argument": call("value", n=object()),
    "too large an integer": call("value", n=2**70),
    "validator ends process": call("value", [validator("is_right"), validator("ends_process")]),
    "validator never answers": call("value", [validator("never_answers")], timeout_s=0.2),
    # One at a time in a host of its own.
    "alone value": call("value_async", lane="async", alone=True),
    "alone exit": call("exits_async", lane="async", alone=True, code=5),
    "alone blocks": call("blocks", lane="async", alone=True, seconds=60.0, timeout_s=0.2),
    "alone blocks in subtask": call("blocks_in_subtask", lane="async", alone=True, timeout_s=0.2),
    "alone holds": call("holds_the_interpreter_async", lane="async", alone=True, timeout_s=0.2),
    "alone swallows": call("swallows_cancellation", lane="async", alone=True, timeout_s=0.2),
    "alone closed descriptors": call("closes_descriptors_async", lane="async", alone=True),
    "alone fork prints": call("forks_and_prints", lane="async", alone=True),
    "alone fork": call("forks_and_waits", lane="async", alone=True),
}

REFS = tuple(
    ref(name) for name in ("value", "value_async", "callable_object", "not_callable", "absent")
)


class Answers:
    """What an executor answered, by the name of the call."""

    def __init__(self) -> None:
        self.evidence: dict[str, Evidence] = {}
        self.facts: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Evidence:
        return self.evidence[name]


async def make_calls(executor: Any, calls: Mapping[str, PythonCall], answers: Answers) -> None:
    done = await asyncio.gather(*(executor.call(each) for each in calls.values()))
    answers.evidence.update(zip(calls, done, strict=True))


async def ask_in_process() -> Answers:
    executor, answers = InProcess(ROOT), Answers()
    try:
        answers.facts["lanes"] = await executor.resolve(REFS)
        # One after another: a synchronous call would hold up the clock of an asynchronous one.
        for name, each in GENTLE.items():
            await make_calls(executor, {name: each}, answers)
        plain = (validator("is_right"), validator("awaits"))
        answers.facts["assess"] = await executor.assess(plain, {"n": 1}, 30.0)
        answers.facts["doing"] = dict(executor.doing())
    finally:
        await executor.close()
    return answers


async def ask_pool(folder: Path) -> Answers:
    answers = Answers()

    async def part(use: Callable[[Pool, Reaper], Any]) -> None:
        await with_pool(use)

    async def gentle(pool: Pool, _: Reaper) -> None:
        answers.facts["lanes"] = await pool.resolve((*REFS, *_bad_modules(folder)))
        await make_calls(pool, GENTLE, answers)
        plain = (validator("is_right"), validator("awaits"))
        answers.facts["assess"] = await pool.assess(plain, {"n": 1}, 30.0)
        answers.facts["doing"] = dict(pool.doing())

    async def rough(pool: Pool, _: Reaper) -> None:
        await make_calls(pool, ROUGH, answers)
        ending = [validator("is_right"), validator("ends_process")]
        answers.facts["assess ends"] = await pool.assess(ending, {"n": 1}, 30.0)
        answers.facts["assess hangs"] = await pool.assess(
            [validator("never_answers")], {"n": 1}, 0.2
        )

    await part(gentle)
    await part(rough)
    return answers


def _bad_modules(folder: Path) -> tuple[str, ...]:
    texts = {
        "exits": "import sys; sys.exit(0)",
        "crashes": "import os; os._exit(0)",
        "dies": "import ctypes; ctypes.string_at(0)",
        "fine": "async def f(): pass",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return tuple(f"{folder}/{name}.py:f" for name in texts)


async def with_pool(use: Callable[[Pool, Reaper], Any], *, workers: int = 3) -> Any:
    """Use a pool, then end it and look whether it left anything."""
    reaper = Reaper(f"contract-{os.urandom(4).hex()}")
    reaper.attach(asyncio.get_running_loop())
    pool = Pool(reaper, workers=workers, root=ROOT)
    try:
        async with asyncio.timeout(60):
            return await use(pool, reaper)
    finally:
        await pool.close()
        reaper.close()


def carriers(cookie: str) -> list[str]:
    """Return the command lines of processes whose environment holds a text."""
    found: list[str] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if cookie.encode() in (folder / "environ").read_bytes():
                    command = (folder / "cmdline").read_bytes()
                    found.append(command.replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def run_with_pool(
    use: Callable[[Pool, Reaper], Coroutine[Any, Any, Any]], *, workers: int = 2
) -> Any:
    return asyncio.run(with_pool(use, workers=workers))


def error_of(evidence: Evidence) -> tuple[str, str, str]:
    assert evidence.error is not None
    assert not evidence.has_value
    return evidence.error.kind, evidence.error.type, evidence.error.message


def tags(evidence: Evidence) -> tuple[str, ...]:
    assert evidence.error is not None
    return evidence.error.tags


async def left_of(cookie: str, within_s: float = 3.0) -> list[str]:
    """Return those that carry it and do not go: what was killed is gone a moment later."""
    end = asyncio.get_running_loop().time() + within_s
    while (found := carriers(cookie)) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    return found
