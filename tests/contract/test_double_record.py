"""Is the packaged record of holdfast's own doubles current?

After a change: `python -m tests.contract.test_double_record` runs the contract and writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.doubles import Contract
from holdfast.doubles.standing import OWN, PACKAGED, read_record, standing_of
from holdfast.registry import load_place
from tests.contract import double_kit as kit

OWN_CHECKS: dict[str, tuple[list[Any], Callable[[], Any], Callable[[], Any]]] = {
    "MockAsyncExecutor": (kit.EXECUTOR_CHECKS, kit.real_executor, kit.double_executor),
    "MockREPLSession": (kit.SESSION_CHECKS, kit.real_session, kit.double_session),
    "MockCapabilityManager": (kit.MANAGER_CHECKS, kit.real_manager, kit.double_manager),
}


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_double_was_verified_against_this_version_by_these_checks(name: str) -> None:
    checks, _, _ = OWN_CHECKS[name]
    contract = Contract(name, checks, record=PACKAGED)
    assert contract.standing(load_place(OWN[name])) == ""
    assert standing_of(name) == ""
    assert read_record(PACKAGED)[name].against.rpartition(":")[2] == OWN[name].rpartition(":")[2]


def write_record(path: Path = PACKAGED) -> None:
    """Run the contract over all three, and write that down."""
    for name, (checks, real, double) in OWN_CHECKS.items():
        Contract(name, checks, record=path).verify(real, double)


if __name__ == "__main__":
    write_record()
