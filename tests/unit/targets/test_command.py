"""What is left of a command that never ran?"""

from __future__ import annotations

import asyncio
from typing import Any

from holdfast.targets.command import TARGET
from tests.contract.target_kit import context


async def refuse(*words: Any, **more: Any) -> Any:
    raise FileNotFoundError(2, "No such file or directory")


def test_a_program_that_cannot_be_started_is_an_error_of_setup() -> None:
    evidence = asyncio.run(TARGET.call({"argv": ["nosuchprog"]}, context(spawn=refuse)))
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("setup", "FileNotFoundError")
