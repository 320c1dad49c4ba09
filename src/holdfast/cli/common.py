"""What do commands share? The options of settings, and how these are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from holdfast.settings import Loaded, load_settings

__all__ = ["profile_option", "read_settings", "shown_path", "store_option"]

F = TypeVar("F", bound=Callable[..., Any])


def profile_option(function: F) -> F:
    """Add `--profile NAME`."""
    text = "Use the settings of [profiles.NAME] (HOLDFAST_PROFILE)."
    return click.option("--profile", metavar="NAME", default="", help=text)(function)


def store_option(function: F) -> F:
    """Add `--store URL`."""
    text = "Keep evidence in this store: a sqlite or postgresql URL (HOLDFAST_STORE)."
    return click.option("--store", metavar="URL", default=None, help=text)(function)


def read_settings(*, profile: str = "", **flags: Any) -> Loaded:
    """Read the settings that hold in the current folder; a flag that is None was not given.

    Raises:
        holdfast.errors.ProblemsError: something is wrong; all of it is said at once.
    """
    return load_settings(flags=flags, env=dict(os.environ), cwd=Path.cwd(), profile=profile)


def shown_path(path: Path | None) -> str:
    """Write a path as seen from the current folder; nothing where there is none."""
    return os.path.relpath(path) if path else ""
