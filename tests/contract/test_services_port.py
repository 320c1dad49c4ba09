"""Does the twin that does nothing keep the promises of services?"""

from __future__ import annotations

import asyncio

from holdfast.execute.nothing import NoRecorder, NoServices
from holdfast.model.case import Case, Suite, Target

CASE = Case(suite="s", id="c", target=Target(kind="python", spec={}))


def test_without_services_there_are_no_variables_and_nothing_dies() -> None:
    async def use() -> tuple[object, str]:
        services, suite = NoServices(), Suite(name="s")
        variables = await services.enter(CASE, suite)
        lost = await services.lost(CASE, suite)
        await services.leave(CASE, suite)
        await services.end_suite("s")
        await services.close()
        return variables, lost

    assert asyncio.run(use()) == ({}, "")


def test_a_recorder_that_keeps_nothing_takes_everything() -> None:
    recorder = NoRecorder()
    recorder.event("e", fact=1)
    recorder.sample("s", 1.0)
    recorder.series("s", 0.0, 1.0)
    assert vars(recorder) == {}
