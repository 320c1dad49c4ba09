"""What did someone ask for, and where does the run work?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from holdfast.clock import Clock
from holdfast.model.case import Case, Suite
from holdfast.registry import Registry
from holdfast.settings import Settings

__all__ = ["Request", "Workplace"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and how.

    `paths` are files, folders, suites of the settings or ids; none means every
    suite of the settings. `resume` and `rerun_of` are runs (`last`, an id).
    `cases` are values that a program built itself, with their `case_suites`.
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
    cases: tuple[Case, ...] = ()
    case_suites: Mapping[str, Suite] = {}


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
