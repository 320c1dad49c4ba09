"""Against what were the doubles verified, when, and does that still hold?"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from holdfast.cli.integration_checks import LIMIT_S, Check
from holdfast.doubles.contract import RECORD
from holdfast.doubles.standing import OWN, PACKAGED, Verification, read_record, standing_in
from holdfast.errors import CannotTell
from holdfast.registry import load_place
from holdfast.session.session import Session

__all__ = ["double_checks"]

AREA = "double"
# The real things of a project are its own code, which never runs in this process.
_STANDING = """
import functools, importlib, pathlib
from holdfast.doubles.standing import read_record, standing_in

def standing(path, name):
    record = read_record(pathlib.Path(path))
    module, _, qualname = record[name].against.partition(":")
    real = functools.reduce(getattr, qualname.split("."), importlib.import_module(module))
    return standing_in(record, name, real)
"""


def double_checks(own: Path = PACKAGED, project: Path = RECORD) -> tuple[Check, ...]:
    """Return a check for each of holdfast's own doubles, and for each recorded contract of a project.

    A double whose record is missing or stale is undecided: what it answers is assumed.

    Raises:
        UsageError: a record cannot be read.
    """
    packaged, recorded = read_record(own), read_record(project)
    # One session looks at all of them, when the first is asked for.
    look = functools.cache(functools.partial(_look, project, tuple(recorded.values())))

    def check_own(name: str) -> None:
        _raise(_unverified(standing_in(packaged, name, load_place(OWN[name]))))

    def check_recorded(name: str) -> None:
        _raise(look()[name])

    return (
        *(_check(name, packaged.get(name), check_own) for name in OWN),
        *(_check(name, recorded[name], check_recorded) for name in sorted(recorded)),
    )


def _check(name: str, found: Verification | None, run: Callable[[str], None]) -> Check:
    promise = f"{name} was held to the real thing"
    if found is not None:
        version = f" {found.version}" if found.version else ""
        real = found.against.rpartition(":")[2]
        promise = f"{name} was held to {real}{version} on {found.date}"
    return Check(AREA, promise, functools.partial(run, name))


def _look(path: Path, recorded: Sequence[Verification]) -> dict[str, CannotTell | None]:
    """Return for each contract why its double cannot be relied on, None where it can."""
    found: dict[str, CannotTell | None] = {}
    with Session(timeout_s=LIMIT_S) as session:
        session.execute(_STANDING)
        for each in recorded:
            try:
                standing = session.call("standing", str(path), each.contract)
            except Exception as error:  # noqa: BLE001 - whatever importing it raises
                told = f"{type(error).__name__}: {error}".partition("\n")[0]
                found[each.contract] = CannotTell(f"{each.against} cannot be looked at: {told}")
            else:
                found[each.contract] = _unverified(standing)
    return found


def _unverified(standing: str) -> CannotTell | None:
    return CannotTell(standing, hint="run its contract again") if standing else None


def _raise(error: CannotTell | None) -> None:
    if error is not None:
        raise error
