"""What does every executor promise, and what more do those with processes of their own?"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import InternalError
from holdfast.execute.in_process import InProcess
from holdfast.execute.pool import Pool
from holdfast.model.evidence import Evidence
from holdfast.ports import PythonCall
from holdfast.process.reaper_client import Reaper
from tests.contract.executor_kit import (
    GENTLE,
    ROOT,
    Answers,
    ask_in_process,
    ask_pool,
    call,
    carriers,
    ref,
    validator,
    with_pool,
)


@pytest.fixture(scope="module")
def pool_answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return asyncio.run(ask_pool(tmp_path_factory.mktemp("modules")))


@pytest.fixture(scope="module", params=["pool", "in_process"])
def answers(request: pytest.FixtureRequest) -> Answers:
    """What each executor answered to the calls that every executor carries out."""
    if request.param == "in_process":
        return asyncio.run(ask_in_process())
    return request.getfixturevalue("pool_answers")


def error_of(evidence: Evidence) -> tuple[str, str, str]:
    assert evidence.error is not None
    assert not evidence.has_value
    return evidence.error.kind, evidence.error.type, evidence.error.message


# --- every executor -------------------------------------------------------------


@pytest.mark.parametrize("name", ["sync value", "async value"])
def test_a_call_leaves_its_value_and_its_duration(answers: Answers, name: str) -> None:
    evidence = answers[name]
    assert evidence.value == {"n": 3, "text": "a"}
    assert evidence.has_value
    assert evidence.round_trips
    assert evidence.error is None
    assert evidence.call_s is not None
    assert evidence.call_s >= 0


def test_what_returns_an_awaitable_is_awaited(answers: Answers) -> None:
    assert answers["returned awaitable"].value == {"n": 7, "text": ""}
    assert answers["callable object"].value == "called"


def test_a_reference_names_what_is_inside_of_a_class_or_a_file(answers: Answers) -> None:
    assert answers["nested name"].value == 2
    assert answers["file"].value == {"n": 1, "text": ""}


@pytest.mark.parametrize("name", ["sync error", "async error"])
def test_an_exception_is_evidence_with_type_message_and_traceback(
    answers: Answers, name: str
) -> None:
    assert error_of(answers[name]) == ("exception", "ValueError", "bad luck")
    error = answers[name].error
    assert error is not None
    assert not error.is_assertion
    assert "raise ValueError(message)" in error.traceback


@pytest.mark.parametrize(
    "name", ["sync error", "async error", "awaitable error", "assertion", "absent function"]
)
def test_a_traceback_has_no_frame_of_holdfast(answers: Answers, name: str) -> None:
    error = answers[name].error
    assert error is not None
    assert error.traceback
    assert "holdfast/execute" not in error.traceback


def test_an_assertion_is_marked(answers: Answers) -> None:
    error = answers["assertion"].error
    assert error is not None
    assert error.is_assertion
    assert (error.type, error.message) == ("AssertionError", "one is not two")


def test_an_exception_whose_text_cannot_be_had_is_named(answers: Answers) -> None:
    assert error_of(answers["unsayable error"])[2] == "(its __str__ raised RuntimeError)"
    assert error_of(answers["surrogate error"])[2] == "\\udcff"


def test_a_connection_error_is_tagged_for_retries_and_breakers(answers: Answers) -> None:
    error = answers["connection error"].error
    assert error is not None
    assert error.tags == ("connection",)
    assert error.type == "ConnectionRefusedError"


def test_an_attempt_to_end_the_process_is_a_crash(answers: Answers) -> None:
    assert error_of(answers["sys.exit"]) == ("crash", "SystemExit", "the code called sys.exit(bye)")
    assert error_of(answers["out of memory"]) == ("crash", "MemoryError", "out of memory")


def test_a_seed_decides_what_random_gives(answers: Answers) -> None:
    assert answers["seed 1"].value == answers["seed 1 again"].value
    assert answers["seed 1"].value != answers["seed 2"].value


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("wrong arguments", "TypeError", "nonsense"),
        ("absent function", "AttributeError", "absent"),
        ("not callable", "TypeError", "must be callable, got int"),
        ("absent module", "ModuleNotFoundError", "No module named 'no'"),
        ("absent file", "ImportError", "no_such_file.py"),
    ],
)
def test_what_cannot_be_called_is_an_error_of_the_call(
    answers: Answers, name: str, kind: str, words: str
) -> None:
    found = error_of(answers[name])
    assert found[:2] == ("exception", kind)
    assert words in found[2]


@pytest.mark.parametrize("name", ["validators", "validators async"])
def test_each_validator_gives_one_answer_in_order(answers: Answers, name: str) -> None:
    assert [(each.key, each.answer) for each in answers[name].assessments] == [
        ("is_right", "passed"),
        ("is_wrong", "failed"),
        ("awaits", "passed"),
        ("says_text", "undecided"),
        ("says_nothing", "undecided"),
        ("raises", "undecided"),
        ("asserts_about", "failed"),
        ("has_limit", "failed"),
        ("absent", "undecided"),
    ]
    messages = {each.key: each.message for each in answers[name].assessments}
    assert messages["has_limit"] == "over 3"
    assert messages["asserts_about"].startswith("n must be two")
    assert "KeyError" in messages["raises"]


def test_a_validator_sees_the_live_value(answers: Answers) -> None:
    assert [each.answer for each in answers["live value"].assessments] == ["passed"]


def test_validators_are_called_on_a_plain_value_too(answers: Answers) -> None:
    assert [each.answer for each in answers.facts["assess"]] == ["passed", "passed"]


def test_a_coroutine_is_cancelled_at_its_limit(answers: Answers) -> None:
    assert error_of(answers["async timeout"]) == ("timeout", "", "no end within 0.1 s")


def test_a_value_that_is_too_large_is_cut_and_says_so(answers: Answers) -> None:
    for name in ("huge", "huge surrogates"):
        assert answers[name].value["$type"] == "cut"
        assert not answers[name].round_trips


def test_a_value_that_is_not_plain_is_kept_as_far_as_it_is_known(answers: Answers) -> None:
    values = {name: answers[name].value for name in GENTLE if answers[name].has_value}
    assert values["foreign"] == {
        "$type": "opaque",
        "type": "tests.contract.executor_code.Foreign",
        "repr": "Foreign()",
    }
    assert values["hostile"]["$type"] == "opaque"
    assert values["module"]["$type"] == "opaque"
    assert values["path"] == {"$type": "path", "value": "/tmp/\\udcff"}
    assert values["datetime"] == {"$type": "datetime", "value": "2026-01-31T00:00:00+00:00"}
    assert values["surrogate"] == "\\udcff"
    assert not any(
        answers[name].round_trips
        for name in ("foreign", "hostile", "path", "datetime", "surrogate")
    )


def test_a_coroutine_function_has_a_lane_of_its_own(answers: Answers) -> None:
    names = ("value", "value_async", "callable_object", "not_callable", "absent")
    lanes = [answers.facts["lanes"][ref(name)] for name in names]
    assert lanes == ["sync", "async", "async", "sync", "sync"]


def test_an_executor_that_waits_is_busy_with_nothing(answers: Answers) -> None:
    assert set(answers.facts["doing"].values()) <= {"idle"}


def test_in_process_says_what_it_is_doing() -> None:
    async def look() -> tuple[Any, Any]:
        executor = InProcess(ROOT)
        task = asyncio.create_task(executor.call(call("waits", lane="async", seconds=60.0)))
        await asyncio.sleep(0)
        during = dict(executor.doing())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await executor.close()
        return during, executor.doing()

    assert asyncio.run(look()) == ({"in-process": ref("waits")}, {})


# --- what only processes can promise ---------------------------------------------


def test_a_module_that_ends_its_process_costs_only_its_own_reference(pool_answers: Answers) -> None:
    lanes = {
        Path(name.split(":")[0]).stem: lane
        for name, lane in pool_answers.facts["lanes"].items()
        if "/" in name
    }
    assert lanes == {"exits": "sync", "crashes": "sync", "dies": "sync", "fine": "async"}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("segfault", "signal 11 (SIGSEGV)"),
        ("exit 0", "exit 0"),
        ("exit 3", "exit 3"),
        ("killed", "signal 9 (SIGKILL)"),
        ("alone exit", "exit 5"),
        ("crash with child", "exit 4"),
        ("closed descriptors", "exit 1"),
        ("alone closed descriptors", "exit 1"),
        ("written connection", "the connection to holdfast was closed"),
    ],
)
def test_a_process_that_ends_under_a_call_is_a_crash_that_says_how(
    pool_answers: Answers, name: str, ending: str
) -> None:
    kind, _, message = error_of(pool_answers[name])
    assert kind == "crash"
    assert f"ended with {ending} while it ran tests.contract.executor_code:" in message
    error = pool_answers[name].error
    assert error is not None
    assert error.tags == ()


def test_a_keyboard_interrupt_of_user_code_is_its_error(pool_answers: Answers) -> None:
    assert error_of(pool_answers["keyboard interrupt"])[1] == "KeyboardInterrupt"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("endless", ""),
        ("holds", ""),
        ("alone blocks", ": it blocked the event loop"),
        ("alone blocks in subtask", ": it blocked the event loop"),
        ("alone holds", ": it blocked the event loop"),
        ("alone swallows", ", and it did not end when it was cancelled"),
    ],
)
def test_nothing_outlives_its_time_limit(pool_answers: Answers, name: str, how: str) -> None:
    assert error_of(pool_answers[name]) == ("timeout", "", f"no end within 0.2 s{how}")
    error = pool_answers[name].error
    assert error is not None
    assert error.tags == ()


def test_a_stopped_call_shows_where_it_was(pool_answers: Answers) -> None:
    places = {"endless": "in endless", "alone blocks": "in blocks", "async timeout": "in waits"}
    for name, place in places.items():
        error = pool_answers[name].error
        assert error is not None
        assert place in error.traceback


def test_the_output_of_a_call_is_kept(pool_answers: Answers) -> None:
    evidence = pool_answers["prints"]
    assert (evidence.stdout and evidence.stdout.text) == "hello\n"
    assert (evidence.stderr and evidence.stderr.text) == "HELLO\n"


def test_what_children_and_descriptors_write_is_kept_too(pool_answers: Answers) -> None:
    output = pool_answers["descriptors"].stdout
    assert (output and output.text) == "by descriptor\nby a child\n"


def test_output_beyond_the_limit_is_cut_in_the_middle(pool_answers: Answers) -> None:
    output = pool_answers["prints 30 MB"].stdout
    assert output is not None
    assert output.cut_bytes == 28_000_000
    assert pool_answers["prints 30 MB"].value == 30_000_000


def test_the_output_before_a_crash_is_kept_and_is_of_this_call_alone(pool_answers: Answers) -> None:
    evidence = pool_answers["output before crash"]
    assert (evidence.stdout and evidence.stdout.text) == "last words\n"
    assert evidence.error is not None
    assert evidence.error.traceback == "last words\n"


@pytest.mark.parametrize("name", ["fork", "fork with validator", "alone fork"])
def test_only_the_parent_of_a_forked_child_answers(pool_answers: Answers, name: str) -> None:
    assert pool_answers[name].value == "parent"


def test_a_forked_child_does_not_write_to_its_parents_connection(pool_answers: Answers) -> None:
    output = pool_answers["alone fork"].stdout
    assert (output and output.text) == "from the parent\n"
    # Nor does it end by printing.
    assert pool_answers["alone fork prints"].value == 7


@pytest.mark.parametrize("name", ["set as argument", "too large an integer"])
def test_arguments_that_cannot_be_sent_are_refused(pool_answers: Answers, name: str) -> None:
    kind, _, message = error_of(pool_answers[name])
    assert kind == "setup"
    assert message.startswith("the arguments must be plain data: ")


@pytest.mark.parametrize("name", ["validator ends process", "validator never answers"])
def test_a_validator_that_ends_its_process_is_undecided_and_the_value_is_kept(
    pool_answers: Answers, name: str
) -> None:
    evidence = pool_answers[name]
    assert evidence.value == {"n": 1, "text": ""}
    assert evidence.error is None
    assert {each.answer for each in evidence.assessments} == {"undecided"}
    assert all("gave no answer" in each.message for each in evidence.assessments)


def test_a_validator_of_a_plain_value_may_end_its_process_as_well(pool_answers: Answers) -> None:
    ends, hangs = pool_answers.facts["assess ends"], pool_answers.facts["assess hangs"]
    assert [each.answer for each in (*ends, *hangs)] == ["undecided"] * 3


# --- many calls in one host ----------------------------------------------------------


def run(use: Callable[[Pool, Reaper], Coroutine[Any, Any, Any]], *, workers: int = 2) -> Any:
    return asyncio.run(with_pool(use, workers=workers))


def later(name: str, **options: Any) -> PythonCall:
    return call(name, lane="async", **options)


def tags(evidence: Evidence) -> tuple[str, ...]:
    assert evidence.error is not None
    return evidence.error.tags


def test_the_prints_of_concurrent_calls_do_not_mix() -> None:
    texts = ["abcdef", "ghijkl", "mnopqr"]

    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [pool.call(later("prints_async", text=text)) for text in texts]
        return list(await asyncio.gather(*calls))

    for text, evidence in zip(texts, run(use), strict=True):
        assert evidence.stdout is not None
        assert evidence.stdout.text == f"{text}\ufffd\nthread\n"
        assert evidence.stderr is not None
        assert evidence.stderr.text == text.upper()


def test_a_host_that_dies_under_many_accuses_none_of_them() -> None:
    async def use(pool: Pool, _: Reaper) -> tuple[list[Evidence], Evidence]:
        waiting = [pool.call(later("waits", seconds=60.0)) for _ in range(3)]
        together = await asyncio.gather(*waiting, pool.call(later("exits_async", code=3)))
        return list(together), await pool.call(later("value_async"))

    together, after = run(use)
    assert [tags(evidence) for evidence in together] == [("shared",)] * 4
    assert {error_of(evidence)[2] for evidence in together} == {"host ended with exit 3 (one of 4)"}
    assert after.value == {"n": 1, "text": ""}
    assert after.worker == "host"


def test_calls_that_share_a_host_with_one_that_is_killed_are_lost_and_not_guilty() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [later("waits", seconds=60.0), later("swallows_cancellation", timeout_s=0.2)]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    innocent, guilty = run(use)
    assert tags(innocent) == ("lost",)
    assert error_of(innocent)[0] == "crash"
    assert "killed because of another case" in error_of(innocent)[2]
    assert error_of(guilty)[0] == "timeout"
    assert tags(guilty) == ()


def test_the_call_that_blocks_the_loop_is_named_and_the_others_get_their_time_back() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [
            later("waits", seconds=60.0, timeout_s=0.5),
            later("blocks", seconds=60.0, timeout_s=2.0),
        ]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    waiting, blocking = run(use)
    assert error_of(blocking) == (
        "timeout",
        "",
        "no end within 2 s: it blocked the event loop",
    )
    assert "in blocks" in (blocking.error.traceback if blocking.error else "")
    assert tags(waiting) == ("lost",)


def test_who_shares_a_host_whose_interpreter_is_held_runs_again() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [later("waits", seconds=60.0), later("holds_the_interpreter_async", timeout_s=0.2)]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    assert [tags(evidence) for evidence in run(use)] == [("shared",), ("shared",)]


# --- processes and what they leave ------------------------------------------------------


@pytest.mark.parametrize("new_session", [False, True])
def test_a_child_is_killed_with_the_worker_that_started_it(new_session: bool) -> None:
    async def use(pool: Pool, reaper: Reaper) -> tuple[Evidence, list[str]]:
        evidence = await pool.call(call("leaves_child", new_session=new_session, timeout_s=0.5))
        return evidence, [
            name for name in carriers(f"HOLDFAST_RUN={reaper.run_id}") if "sleep 61" in name
        ]

    evidence, left = run(use)
    assert error_of(evidence)[0] == "timeout"
    assert left == []


def test_a_child_does_not_outlive_the_worker_that_crashed() -> None:
    async def use(pool: Pool, reaper: Reaper) -> tuple[Evidence, list[str]]:
        evidence = await pool.call(call("crashes_with_child"))
        return evidence, carriers(f"HOLDFAST_SPAWN={reaper.run_id}.")

    evidence, left = run(use)
    assert error_of(evidence)[0] == "crash"
    assert left == []


def test_a_worker_serves_one_call_after_another_until_memory_runs_out() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Any]:
        first = await pool.call(call("pid"))
        second = await pool.call(call("pid"))
        await pool.call(call("out_of_memory"))
        third = await pool.call(call("pid"))
        return [first.value, second.value, third.value]

    first, second, third = run(use)
    assert first == second
    assert third != second


def test_calls_that_hold_no_workers_place_share_as_many_processes_as_there_are_workers() -> None:
    async def use(pool: Pool, _: Reaper) -> set[str]:
        done = await asyncio.gather(*(pool.call(call("pid")) for _ in range(6)))
        return {evidence.worker for evidence in done}

    assert run(use, workers=2) <= {"spare-1", "spare-2"}


def test_a_worker_keeps_its_name_when_its_process_is_replaced() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Any]:
        first = await pool.call(call("pid", worker="worker-7"))
        lost = await pool.call(call("exits", code=3, worker="worker-7"))
        third = await pool.call(call("pid", worker="worker-7"))
        return [first, lost, third]

    first, lost, third = run(use)
    assert [each.worker for each in (first, lost, third)] == ["worker-7"] * 3
    assert first.value != third.value
    assert error_of(lost)[0] == "crash"


def test_a_pool_says_what_each_process_is_doing(tmp_path: Path) -> None:
    signal_file = tmp_path / "go"

    async def use(pool: Pool, _: Reaper) -> Any:
        await pool.warm()
        calls = [pool.call(later("waits_for", path=str(signal_file))) for _ in range(2)]
        tasks = [asyncio.create_task(each) for each in calls]
        await asyncio.sleep(0)
        during = dict(pool.doing())
        signal_file.touch()
        await asyncio.gather(*tasks)
        return during, dict(pool.doing())

    assert run(use) == ({"host": f"{ref('waits_for')} (+1 more)"}, {"host": "idle"})


def test_a_cancelled_call_ends_with_its_process() -> None:
    async def use(pool: Pool, _: Reaper) -> Any:
        first = await pool.call(call("pid"))
        task = asyncio.create_task(pool.call(call("endless", timeout_s=None)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        second = await pool.call(call("pid"))
        return first.value, second.value

    first, second = run(use, workers=1)
    assert first != second


def test_a_file_is_collected_in_a_process_of_its_own(tmp_path: Path) -> None:
    fine, bad = tmp_path / "fine_cases.py", tmp_path / "bad_cases.py"
    fine.write_text("import holdfast\n@holdfast.case\ndef one():\n    'Be one.'\n")
    bad.write_text("import os; os._exit(3)")

    async def use(pool: Pool, _: Reaper) -> Any:
        return await asyncio.gather(pool.collect(str(fine)), pool.collect(str(bad)))

    found, failed = run(use)
    assert [(each["qualname"], each["lane"], each["doc"]) for each in found.functions] == [
        ("one", "sync", "Be one.")
    ]
    assert found.error == ""
    assert "ended with exit 3" in failed.error


def test_a_process_that_cannot_start_is_tried_three_times_and_then_reported(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit(9)")

    async def main() -> Any:
        reaper = Reaper(f"contract-{os.urandom(4).hex()}")
        pool = Pool(reaper, workers=1, root=ROOT)
        try:
            for _ in range(3):
                evidence = await pool.call(call("pid"))
                assert error_of(evidence)[0] == "internal"
            await pool.call(call("pid"))
        finally:
            await pool.close()
            reaper.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(InternalError, match="3 processes in a row"):
            asyncio.run(main())


def test_a_call_whose_reaper_was_killed_ends_and_the_next_one_is_refused() -> None:
    async def use(pool: Pool, reaper: Reaper) -> Any:
        await pool.call(call("pid"))
        task = asyncio.create_task(pool.call(call("endless", timeout_s=None)))
        await asyncio.sleep(0)
        os.kill(reaper._process.pid, signal.SIGKILL)
        evidence = await task
        with pytest.raises(InternalError, match="the reaper is gone"):
            await pool.call(later("value_async"))
        return evidence, carriers(f"HOLDFAST_RUN={reaper.run_id}")

    evidence, left = run(use)
    assert error_of(evidence)[2].startswith("spare-1 ended with the reaper is gone")
    assert left == []


def test_validators_without_a_host_are_lost_with_their_call() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        judged = pool.call(call("value_async", [validator("ends_process")], lane="async"))
        return list(await asyncio.gather(judged, pool.call(later("waits", seconds=60.0))))

    assert [tags(evidence) for evidence in run(use)] == [("shared",), ("shared",)]
