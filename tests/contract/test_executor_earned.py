"""Can a call look as if it had been made, or its value as if it had been another one?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from holdfast.execute.in_process import InProcess
from holdfast.model.evidence import Evidence
from holdfast.ports import AssessorCall, PythonCall
from tests.contract.executor_kit import with_pool

CODE = "tests.contract.executor_earned"
MENDS = AssessorCall(key="mends", ref=f"{CODE}:mends")
ROOT = str(Path(__file__).parents[2])


def made(name: str, **options: Any) -> list[Evidence]:
    """Make one call in both executors."""
    call = PythonCall(ref=f"{CODE}:{name}", timeout_s=30.0, **options)

    async def in_pool(pool: Any, _: Any) -> Evidence:
        return await pool.call(call)

    async def here() -> Evidence:
        executor = InProcess(ROOT)
        try:
            return await executor.call(call)
        finally:
            await executor.close()

    return [asyncio.run(with_pool(in_pool)), asyncio.run(here())]


@pytest.mark.parametrize("name", ["yields", "yields_later"])
def test_a_generator_whose_body_never_ran_is_an_error(name: str) -> None:
    for evidence in made(name):
        assert evidence.error is not None
        assert evidence.error.kind == "setup"
        assert "got a generator" in evidence.error.message


@pytest.mark.parametrize(("name", "lane"), [("items", "sync"), ("items_later", "async")])
def test_a_validator_cannot_change_the_value_that_is_kept(name: str, lane: Any) -> None:
    for evidence in made(name, lane=lane, assessors=(MENDS,)):
        assert [each.answer for each in evidence.assessments] == ["passed"]
        assert evidence.value == {"items": []}


def test_a_type_error_of_the_code_is_no_fault_of_its_arguments() -> None:
    for evidence in made("wrong_inside", kwargs={"n": 1}):
        assert evidence.error is not None
        assert (evidence.error.kind, evidence.error.type) == ("exception", "TypeError")


def test_arguments_that_do_not_fit_are_an_error_of_the_set_up() -> None:
    for evidence in made("takes_nothing", kwargs={"zz": 1}):
        assert evidence.error is not None
        assert evidence.error.kind == "setup"
