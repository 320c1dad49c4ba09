"""What do all commands that touch a run set up first?"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from holdfast.assembly.request import Workplace
from holdfast.builtin import COMPONENTS
from holdfast.clock import SystemClock
from holdfast.errors import UsageError
from holdfast.ports import Store
from holdfast.registry import Registry
from holdfast.settings import Loaded, Settings, load_key, load_settings, secrets_of
from holdfast.store.open import open_store
from holdfast.store.session import NoStore
from holdfast.store.sqlite import open_empty
from holdfast.text.suggest import did_you_mean

__all__ = ["opened_store", "read_settings", "refuse_unknown_reports", "report_folder", "workplace"]


def read_settings(flags: Mapping[str, Any], profile: str = "") -> Loaded:
    """Read the settings that hold in the current folder; a flag that is None was not given.

    Raises:
        holdfast.errors.ProblemsError: something is wrong; all of it is said at once.
    """
    return load_settings(flags=flags, env=os.environ, cwd=Path.cwd(), profile=profile)


def workplace(loaded: Loaded) -> Workplace:
    """Return where and with what a run works."""
    return Workplace(
        registry=Registry(COMPONENTS),
        clock=SystemClock(),
        root=loaded.root,
        env=loaded.env,
        secrets=secrets_of(loaded.settings, loaded.env),
        key=load_key(loaded.root),
    )


@contextmanager
def opened_store(
    loaded: Loaded, place: Workplace, *, missing: Literal["create", "refuse", "empty"] = "create"
) -> Generator[Store]:
    """Open the store of evidence and close it on every way out.

    Where it is missing it is created, or refused, or an empty one takes its place:
    who only looks leaves nothing behind.

    Raises:
        UsageError: it is missing, and that is refused.
    """
    url, create = loaded.settings.store, missing == "create"
    try:
        store = open_store(url, registry=place.registry, root=place.root, create=create)
    except NoStore:
        if missing == "refuse":
            raise
        store = open_empty()
    try:
        yield store
    finally:
        store.close()


def report_folder(settings: Settings, place: Workplace, run_id: str) -> Path:
    """Return where the reports of a run go; its id begins with its time."""
    return (
        Path(settings.output) if settings.output else place.root / ".holdfast" / "reports" / run_id
    )


def refuse_unknown_reports(settings: Settings, place: Workplace) -> None:
    """Refuse a report that does not exist, before anything is run.

    Raises:
        UsageError: there is no report of a name.
    """
    known = place.registry.names("report")
    for name in settings.report:
        if name not in known:
            raise UsageError(
                f"no such report {name!r}{did_you_mean(name, known)}",
                hint=f"known: {', '.join(known)}",
            )
