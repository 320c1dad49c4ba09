"""Was a double held to the contract of the real thing, and is that still true?"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.doubles.surface import digest_of_surface, version_of
from holdfast.errors import UsageError
from holdfast.process.page import current_page
from holdfast.registry import load_place

__all__ = ["OWN", "PACKAGED", "Verification", "assume", "read_record", "standing_in", "standing_of"]

# The record of holdfast's own doubles; tests/contract/test_double_record.py keeps it current.
PACKAGED = Path(__file__).with_name("verified.json")
OWN: Mapping[str, str] = {
    "MockAsyncExecutor": "holdfast.session:AsyncExecutor",
    "MockREPLSession": "holdfast.session:Session",
    "MockCapabilityManager": "holdfast.capabilities:CapabilityManager",
}


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """When a double and the real thing last passed the same checks.

    `digest` is that of what the real thing offers, `checks` that of the checks.
    """

    contract: str
    against: str
    version: str
    date: str
    digest: str
    checks: str


def read_record(path: Path) -> dict[str, Verification]:
    """Return the verifications of a record by contract; none where there is no file.

    Raises:
        UsageError: the file is no record.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Verification])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"a record of verifications must be readable, got {path}: {error}",
            hint="delete it, and verify the contracts again",
        ) from error


def standing_in(
    record: Mapping[str, Verification], name: str, real: Any, checks: str | None = None
) -> str:
    """Say why the double of a contract cannot be relied on; "" where it can."""
    found = record.get(name)
    if found is None:
        return f"the double of contract {name!r} was never verified"
    since = f"the double of contract {name!r} was verified on {found.date}"
    version = version_of(real)
    if found.version != version:
        return f"{since} against {found.against} {found.version}, not against {version}"
    if found.digest != digest_of_surface(real):
        return f"{since}, and {found.against} has changed since"
    if checks is not None and found.checks != checks:
        return f"{since}, and its checks have changed since"
    return ""


@functools.cache
def standing_of(name: str) -> str:
    """Say why one of holdfast's own doubles cannot be relied on; "" where it can."""
    return standing_in(read_record(PACKAGED), name, load_place(OWN[name]))


def assume(standing: str) -> None:
    """Write on the page of the current call that its result rests on an unverified double."""
    if not standing:
        return
    page = current_page()
    if page is None:
        return
    sentences = page.values.setdefault("assumed", [])
    if standing not in sentences:
        sentences.append(standing)
    page.note(f"assumed: {standing}")
