"""What do commands share that look at a stored run?"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import msgspec

from holdfast.assembly.request import Workplace
from holdfast.cli.common import profile_option, store_option
from holdfast.cli.workplace import opened_store, read_settings, workplace
from holdfast.model.run import RunRow
from holdfast.ports import Store
from holdfast.settings import Settings

__all__ = ["Stored", "run_argument", "stored_run"]

F = TypeVar("F", bound=Callable[..., Any])


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A stored run, and the settings that hold now."""

    row: RunRow
    store: Store
    settings: Settings
    place: Workplace


def run_argument(function: F) -> F:
    """Add the argument RUN and the options that say in which store it is."""
    return click.argument("run", metavar="RUN")(store_option(profile_option(function)))


@contextmanager
def stored_run(ref: str, *, store: str | None, profile: str, **flags: Any) -> Generator[Stored]:
    """Open the store and find a run by its id, `last` or `last~N`.

    Raises:
        holdfast.errors.UsageError: there is no such run, or the settings are wrong.
    """
    loaded = read_settings({"store": store, **flags}, profile)
    place = workplace(loaded)
    with opened_store(loaded, place, missing="refuse") as opened:
        yield Stored(row=opened.run(ref), store=opened, settings=loaded.settings, place=place)
