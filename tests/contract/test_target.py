"""Does every target keep the promises of the port, with real servers and processes?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from holdfast.builtin import COMPONENTS
from holdfast.model import codec
from holdfast.model.case import Case, Expect, Step, Target, Until
from holdfast.model.evidence import Evidence, Output
from holdfast.model.steps import judge_case
from holdfast.ports import CallContext
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from holdfast.targets.http_client import HttpClients
from tests.contract.target_kit import REGISTRY, Executor, Server, answer, context, judge, serving

NAMES = [name for kind, name, _ in COMPONENTS if kind == "target"]
PRODUCTS = {"value", "status", "headers", "exit_code", "stdout", "stderr", "duration", "error"}

# A field of the evidence, or a fact, that shows that something was produced.
SHOWN: dict[str, Callable[[Evidence], Any]] = {
    "value": lambda evidence: evidence.has_value,
    "status": lambda evidence: "status" in evidence.facts,
    "headers": lambda evidence: "headers" in evidence.facts,
    "exit_code": lambda evidence: "exit_code" in evidence.facts,
    "stdout": lambda evidence: evidence.stdout is not None,
    "stderr": lambda evidence: evidence.stderr is not None,
    "duration": lambda evidence: evidence.call_s is not None,
    "error": lambda evidence: evidence.error is None,
}

GOOD: dict[str, dict[str, Any]] = {
    "python": {"ref": "m:f", "with": {"a": 1}},
    "http": {"url": "{url}/ok"},
    "command": {"shell": "echo done"},
    "session": {"turns": ["x = 6", {"code": "x * 7", "value": 42}]},
    "steps": {},
}
BAD: dict[str, list[dict[str, Any]]] = {
    "python": [{}, {"ref": 3}, {"ref": "m:f", "with": [1]}],
    "http": [{}, {"url": 3}, {"url": "nowhere"}],
    "command": [{}, {"argv": []}],
    "session": [
        {},
        {"turns": [3]},
        {"transcript": "absent.txt"},
        {"turns": ["1"], "memory": "much"},
    ],
    "steps": [],
}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def in_a_run(main: Callable[[CallContext, Server], Awaitable[Any]], **changes: Any) -> Any:
    """Run `main` with a server, a reaper and clients of its own."""

    async def run() -> Any:
        reaper = Reaper(f"test-target-{os.getpid()}")
        clients = HttpClients()
        routes = {
            "/ok": answer('{"id": 7}', content_type="application/json", set_cookie="sid=1"),
            "/gone": answer(status="404 Not Found"),
        }
        try:
            async with serving(routes) as server:
                parts = {
                    "executor": Executor(
                        Evidence(value=1, call_s=0.0, stdout=NOTHING, stderr=NOTHING)
                    ),
                    "http": clients.session(),
                    "spawn": partial(spawn_child, reaper),
                    "timeout_s": 20.0,
                    "variables": {"url": server.url},
                    "case": CASE,
                }
                return await main(context(**{**parts, **changes}), server)
        finally:
            await clients.close()
            reaper.close()

    return asyncio.run(run())


NOTHING = Output()
CASE = Case(suite="s", id="c", target=Target(kind="steps", spec={}))


def http(url: str, **fields: Any) -> Step:
    return Step(target=Target(kind="http", spec={"url": url}), **fields)


def test_a_target_declares_what_cases_can_be_checked_against(name: str) -> None:
    target = REGISTRY.load("target", name)
    config = target.form.__struct_config__
    assert target.produces <= PRODUCTS
    assert config.frozen
    assert config.forbid_unknown_fields
    assert target.shorthand in target.form.__struct_encode_fields__
    for expect in target.implied:
        assert REGISTRY.has("expectation", expect.name)
        assert expect.name in target.produces


def test_a_call_leaves_what_the_target_says_that_it_produces(name: str) -> None:
    async def main(ctx: CallContext, server: Server) -> Evidence:
        spec = ctx.expand(GOOD[name], ctx.variables)
        return await REGISTRY.load("target", name).call(spec, ctx)

    evidence = in_a_run(main)
    produced = {product for product, is_shown in SHOWN.items() if is_shown(evidence)}
    assert REGISTRY.load("target", name).produces <= produced
    assert codec.decode(codec.encode(evidence), Evidence) == evidence


def test_bad_fields_are_a_set_up_error_and_never_raised(name: str) -> None:
    async def main(ctx: CallContext, server: Server) -> list[Evidence]:
        target = REGISTRY.load("target", name)
        return [await target.call(spec, ctx) for spec in BAD[name]]

    for evidence in in_a_run(main):
        assert evidence.error is not None
        assert evidence.error.kind == "setup"
        assert evidence.error.message
        assert not evidence.has_value


def test_a_python_call_is_handed_to_the_executor_with_its_lane_and_limits() -> None:
    executor = Executor()
    ctx = context(
        executor=executor, lanes={"m:f": "async"}, timeout_s=3.0, seed=5, alone=True, lane="sync"
    )
    evidence = asyncio.run(REGISTRY.load("target", "python").call(GOOD["python"], ctx))
    (call,) = executor.calls
    assert evidence.value == {"a": 1}
    assert (call.ref, call.kwargs, call.lane) == ("m:f", {"a": 1}, "async")
    assert (call.timeout_s, call.seed, call.alone) == (3.0, 5, True)


@pytest.mark.parametrize("ref", ["f", "m:", ":f"])
def test_a_python_target_must_name_module_and_function(ref: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="'module:function'"):
        msgspec.convert({"ref": ref}, REGISTRY.load("target", "python").form)


def test_steps_carry_values_and_cookies_through_real_calls() -> None:
    steps = (
        http("{url}/ok", expect=(Expect("status", 200),), save={"id": "$.id", "code": "status"}),
        http("{url}/ok?n={id}", until=Until(expect=(Expect("equals", {"id": "{id}"}),))),
        Step(
            target=Target(kind="command", spec={"argv": ["echo", "{id}", "{code}"]}),
            expect=(Expect("equals", "7 200\n"),),
        ),
    )
    case = msgspec.structs.replace(CASE, steps=steps, teardown=(http("{url}/gone"),))

    async def main(
        ctx: CallContext, server: Server
    ) -> tuple[Evidence, list[str | None], list[str]]:
        evidence = await REGISTRY.load("target", "steps").call({}, ctx)
        cookies = [each.headers.get("cookie") for each in server.requests]
        return evidence, cookies, [each.path for each in server.requests]

    evidence, cookies, paths = in_a_run(main, case=case)
    findings = judge_case(case, evidence, judge)
    assert [each.status for each in findings] == ["passed"] * 3
    assert evidence.value == {"id": 7, "code": 200}
    assert paths == ["/ok", "/ok?n=7", "/gone"]
    assert cookies == [None, "sid=1", "sid=1"]
    stored = codec.decode(codec.encode(evidence), Evidence)
    assert judge_case(case, stored, judge) == findings
