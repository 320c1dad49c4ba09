"""How do the tests of this folder load cases from a text?"""

from __future__ import annotations

import datetime
import functools
import textwrap
from pathlib import Path
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.cases.case_file import Loaded, load
from holdfast.errors import ProblemsError
from holdfast.registry import Registry
from holdfast.settings import LinkSettings, ResourceSettings, ServiceSettings, Settings

SETTINGS = Settings(
    services={"api": ServiceSettings(url="http://127.0.0.1:1")},
    links={"database": LinkSettings(to="127.0.0.1:5432")},
    resources={"llm": 3, "gpu": ResourceSettings(permits=1)},
)


class FixedClock:
    """The day on which the tests run."""

    def now(self) -> float:
        return 0.0

    def wall(self) -> datetime.datetime:
        return datetime.datetime(2026, 6, 15, tzinfo=datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"loading must not wait {seconds} s")


@functools.cache
def registry() -> Registry:
    return Registry(COMPONENTS, entry_points=False)


def load_text(folder: Path, text: str, name: str = "cases.yaml", **more: Any) -> Loaded:
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_paths(folder, path, **more)


def load_paths(
    folder: Path, *paths: Path | str, env: dict[str, str] | None = None, **more: Any
) -> Loaded:
    return load(
        paths,
        registry=registry(),
        settings=SETTINGS,
        env=env or {},
        root=folder,
        clock=FixedClock(),
        **more,
    )


def problems_of(folder: Path, text: str, name: str = "cases.yaml", **more: Any) -> list[str]:
    """Return the problems of a text as a reader sees them, hints left out."""
    with pytest.raises(ProblemsError) as caught:
        load_text(folder, text, name, **more)
    return [str(problem).partition("\n")[0] for problem in caught.value.problems]


def problem_of(folder: Path, text: str, name: str = "cases.yaml", **more: Any) -> str:
    """Return the only problem of a text, or fail where it has more."""
    (problem,) = problems_of(folder, text, name, **more)
    return problem
