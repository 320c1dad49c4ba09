"""Is a verification written only when both sides pass, and out of date when something changed?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pytest

from holdfast.doubles import Contract, ContractBroken, Verification
from holdfast.doubles.standing import read_record, standing_in
from holdfast.doubles.surface import digest_of_surface, version_of
from holdfast.errors import UsageError


class Stack:
    def __init__(self) -> None:
        self.items: list[int] = []
        self.entered = 0

    @staticmethod
    def limit() -> int:
        return 3

    @property
    def size(self) -> int:
        return len(self.items)

    def push(self, item: int) -> None:
        self.items.append(item)

    def __enter__(self) -> Self:
        self.entered += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.entered -= 1


class Lazy(Stack):
    def push(self, item: int) -> None:
        """Forget it."""


class AsyncStack:
    def __init__(self) -> None:
        self.entered = False

    async def __aenter__(self) -> Self:
        self.entered = True
        return self

    async def __aexit__(self, *error: object) -> None:
        self.entered = False


def keeps(stack: Stack) -> None:
    stack.push(1)
    assert (stack.size, stack.entered) == (1, 1)


async def keeps_async(stack: Stack) -> None:
    stack.push(1)
    assert (stack.size, stack.entered) == (1, 1)


async def is_entered(stack: AsyncStack) -> bool:
    return stack.entered


def says_no(stack: Stack) -> bool:
    return False


async def says_no_async(stack: Stack) -> bool:
    return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "contracts.json"


@pytest.mark.parametrize(
    ("checks", "kind"), [([keeps, keeps_async], Stack), ([is_entered], AsyncStack)]
)
def test_what_both_pass_is_written_down(checks: list[Any], kind: Any, path: Path) -> None:
    contract = Contract("stack", checks, record=path)
    assert contract.standing(kind) == "the double of contract 'stack' was never verified"
    found = contract.verify(kind, kind)
    assert found.against == f"{__name__}:{kind.__qualname__}"
    assert (found.version, found.checks, found.date[:2]) == (
        version_of(kind),
        contract.digest,
        "20",
    )
    assert contract.standing(kind) == ""
    assert list(json.loads(path.read_text())) == ["stack"]


@pytest.mark.parametrize(
    ("check", "real", "double", "message"),
    [
        (keeps, Stack, Lazy, "the double must pass keeps, got AssertionError"),
        (keeps, Lazy, Stack, "the real thing must pass keeps, got AssertionError"),
        (says_no, Stack, Stack, "must return None or True, got False"),
        (says_no_async, Stack, Stack, "must return None or True, got False"),
    ],
)
def test_what_one_does_not_pass_is_not_written_down(
    check: Callable[[Any], Any], real: Any, double: Any, message: str, path: Path
) -> None:
    with pytest.raises(ContractBroken, match=message):
        Contract("stack", [check], record=path).verify(real, double)
    assert not path.exists()


def test_a_contract_is_stale_when_version_surface_or_checks_changed(path: Path) -> None:
    contract = Contract("stack", [keeps], record=path)
    contract.verify(Stack, Stack)
    assert "its checks have changed since" in Contract("stack", [says_no], record=path).standing(
        Stack
    )
    assert "Stack has changed since" in contract.standing(AsyncStack)
    record = read_record(path)
    older: Verification = msgspec.structs.replace(record["stack"], version="0.0.1")
    assert "Stack 0.0.1, not against" in standing_in({"stack": older}, "stack", Stack)
    Contract("other", [keeps], record=path).verify(Stack, Stack)
    assert sorted(read_record(path)) == ["other", "stack"]


def test_a_surface_changes_with_a_parameter_and_not_with_a_body() -> None:
    assert digest_of_surface(Stack) != digest_of_surface(AsyncStack)
    assert digest_of_surface(Stack) == digest_of_surface(Lazy)
    assert digest_of_surface(keeps) != digest_of_surface(keeps_async)
    assert digest_of_surface(min) == digest_of_surface(max)


def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "contracts.json"
    path.write_text("{]")
    with pytest.raises(UsageError, match="a record of verifications must be readable"):
        read_record(path)


def test_a_contract_without_checks_proves_nothing() -> None:
    with pytest.raises(UsageError, match="contract 'empty' must have a check"):
        Contract("empty", [])
