"""What do `validate`, `list`, `run --dry-run` and `run --collect-only` have in common?"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from holdfast.assembly.foresee import foresee, refuse_nothing
from holdfast.assembly.prepare import Prepared
from holdfast.assembly.request import Request
from holdfast.cli.plan_text import fine_text, list_text, plan_text
from holdfast.cli.run_options import RunFlags
from holdfast.cli.screen import Screen
from holdfast.cli.workplace import opened_store, read_settings, workplace
from holdfast.process.loop import run_loop

__all__ = ["Foreseen", "foreseen", "show_list", "show_plan"]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, and what would run."""

    request: Request
    prepared: Prepared


@contextmanager
def foreseen(flags: RunFlags) -> Generator[Foreseen]:
    """Prepare what the flags of `run` select, without running it."""
    loaded = read_settings(flags.settings, flags.profile)
    place = workplace(loaded)
    request = flags.request(loaded.settings, loaded.origins)
    with opened_store(loaded, place, missing="empty") as store:
        yield Foreseen(request=request, prepared=run_loop(foresee(request, place, store)))


def show_plan(flags: RunFlags) -> int:
    """Write what would run, and say that it is fine.

    Raises:
        holdfast.errors.NothingSelected: nothing would.
    """
    screen = Screen()
    with foreseen(flags) as seen:
        plan = seen.prepared.plan
        if not flags.quiet:
            slots = 1 if seen.request.sequential else seen.request.settings.slots
            text = plan_text(
                seen.prepared, slots=slots, is_verbose=flags.verbose, paint=screen.paint
            )
            screen.write(f"{text}\n")
        refuse_nothing(seen.prepared)
        screen.write(screen.paint(fine_text(plan), "passed"))
    return 0


def show_list(flags: RunFlags) -> int:
    """Write the ids of what would run.

    Raises:
        holdfast.errors.NothingSelected: nothing would.
    """
    screen = Screen()
    with foreseen(flags) as seen:
        screen.write(list_text(seen.prepared, is_verbose=flags.verbose, paint=screen.paint))
        refuse_nothing(seen.prepared)
    return 0
