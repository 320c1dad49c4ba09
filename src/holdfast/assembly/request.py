"""What did someone ask for, and where does the run work?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.cases.python_file import PythonSource
from holdfast.clock import Clock
from holdfast.model.case import Case
from holdfast.registry import Registry
from holdfast.settings import Settings

__all__ = ["Given", "Request", "Workplace"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a program hands over itself.

    `cases` are values, `documents` plain data in the form of a case file, each with
    how messages name it, `python` marked functions by their files.
    """

    cases: tuple[Case, ...] = ()
    documents: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    python: tuple[PythonSource, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and how.

    `paths` are files, folders, suites of the settings or ids; none means every
    suite of the settings. `resume` and `rerun_of` are runs (`last`, an id).
    `given` is what a program hands over besides, or instead: then no path means none.
    """

    settings: Settings
    origins: Mapping[str, str] = {}
    paths: tuple[str, ...] = ()
    marks: str = ""
    keyword: str = ""
    suites: tuple[str, ...] = ()
    rerun_failed: bool = False
    only_errors: bool = False
    resume: str = ""
    update: bool = False
    sequential: bool = False
    echo: bool = False
    given: Given | None = None


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """Where and with what a run works.

    `root` is the folder of the settings file, `env` the environment with `.env`,
    `secrets` the values that must never leave the run, `key` the key of hashes.
    """

    registry: Registry
    clock: Clock
    root: Path
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    key: bytes
