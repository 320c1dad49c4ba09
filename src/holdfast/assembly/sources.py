"""Which files do the words of a command line mean, and which ids?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from holdfast.errors import NothingSelected, UsageError
from holdfast.settings import Settings, SuiteSettings
from holdfast.text.suggest import did_you_mean

__all__ = ["Sources", "find_sources"]

SUFFIXES = frozenset({".yaml", ".yml", ".json", ".jsonc", ".json5", ".toml", ".py"})


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Case files and Python files (with the suite that they belong to), and the ids to select.

    `suite_files` tells which case files a suite of the settings stands for.
    """

    case_files: tuple[str, ...] = ()
    python_files: tuple[tuple[str, str], ...] = ()
    ids: tuple[str, ...] = ()
    suite_files: Mapping[str, tuple[str, ...]] = {}


def find_sources(words: Iterable[str], settings: Settings, root: Path, cwd: Path) -> Sources:
    """Sort words into paths, suites of the settings and ids; without any, take every suite.

    Raises:
        UsageError: a word that looks like a path is none, or a pattern of a suite matches nothing.
        NothingSelected: no word was given, and the settings name no suite.
    """
    case_files: dict[str, None] = {}
    python_files: dict[tuple[str, str], None] = {}
    ids: list[str] = []
    suite_files: dict[str, tuple[str, ...]] = {}

    def take_suite(name: str, suite: SuiteSettings) -> None:
        found = tuple(_matches(name, suite.cases, root))
        suite_files[name] = found
        case_files.update(dict.fromkeys(found))
        python_files.update(
            dict.fromkeys((path, name) for path in _matches(name, suite.python, root))
        )

    for word in words:
        path = (cwd / word).resolve()
        if word in settings.suites:
            take_suite(word, settings.suites[word])
        elif path.exists():
            if path.suffix == ".py":
                python_files[str(path), path.stem] = None
            else:
                case_files[str(path)] = None
        elif Path(word).suffix in SUFFIXES:
            near = (
                sorted(each.name for each in path.parent.glob("*")) if path.parent.is_dir() else []
            )
            raise UsageError(
                f"there is no file {word!r}{did_you_mean(Path(word).name, near)}",
                hint="give a case file, a folder, a suite of the settings, or an id",
            )
        else:
            ids.append(word)
    if not case_files and not python_files:
        for name, suite in settings.suites.items():
            take_suite(name, suite)
    if not case_files and not python_files:
        _nothing(ids, settings)
    return Sources(
        case_files=tuple(case_files),
        python_files=tuple(python_files),
        ids=tuple(ids),
        suite_files=suite_files,
    )


def _nothing(ids: list[str], settings: Settings) -> None:
    if ids:
        raise UsageError(
            f"{ids[0]!r} must be a file, a folder, a suite or an id, and there is none of that name"
            f"{did_you_mean(ids[0], settings.suites)}",
            hint="ids are looked up in the suites of the settings; there is none",
        )
    raise NothingSelected(
        "no case file was given, and the settings name no suite",
        hint="holdfast init makes a first one",
    )


def _matches(suite: str, patterns: Iterable[str], root: Path) -> Iterable[str]:
    for pattern in patterns:
        found = sorted(str(path) for path in root.glob(pattern))
        if not found:
            raise UsageError(
                f"suites.{suite}: {pattern!r} must match a file, got none below {root.name}/",
                hint="patterns are relative to the folder of the settings file",
            )
        yield from found
