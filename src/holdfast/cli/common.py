"""What do commands share? The options that name settings, and how a path is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["profile_option", "shown_path", "store_option"]

F = TypeVar("F", bound=Callable[..., Any])


def profile_option(function: F) -> F:
    """Add `--profile NAME`."""
    text = "Use the settings of [profiles.NAME] (HOLDFAST_PROFILE)."
    return click.option("--profile", metavar="NAME", default="", help=text)(function)


def store_option(function: F) -> F:
    """Add `--store URL`."""
    text = "Keep evidence in this store: a sqlite or postgresql URL (HOLDFAST_STORE)."
    return click.option("--store", metavar="URL", default=None, help=text)(function)


def shown_path(path: Path | None) -> str:
    """Write a path as seen from the current folder; nothing where there is none."""
    return os.path.relpath(path) if path else ""
