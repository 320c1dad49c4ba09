"""Which suites and cases do these files and folders hold?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from holdfast.cases.context import Context
from holdfast.cases.document import Source
from holdfast.cases.needs import resolve
from holdfast.cases.normalise import Builder
from holdfast.cases.read_json import JsonDocument
from holdfast.cases.template_check import TemplateCheck
from holdfast.clock import Clock, SystemClock
from holdfast.errors import Problem, ProblemsError
from holdfast.model.case import Case, Suite
from holdfast.registry import Registry
from holdfast.settings import Settings

__all__ = ["Loaded", "load"]

_TEMPLATE = re.compile(r"\{[A-Za-z_]|\\u007[bB]")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Checked suites and cases in the order of their files; `notes` are for the author."""

    suites: dict[str, Suite]
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = ()


def load(
    paths: Iterable[str | Path],
    *,
    registry: Registry,
    settings: Settings,
    env: Mapping[str, str],
    root: Path,
    clock: Clock | None = None,
) -> Loaded:
    """Read case files and the case files of folders, check them, and build their cases.

    Messages name files relative to `root` where they lie below it. Today, from `clock`,
    decides which `skip` and `xfail` have expired.

    Raises:
        ProblemsError: everything that is wrong with any of the files.
    """
    today = (clock or SystemClock()).wall().date().isoformat()
    context = Context(registry=registry, settings=settings, env=env, today=today)
    suites: dict[str, Suite] = {}
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in paths:
        source = Source(
            path=_shown(Path(path), root), text=Path(path).read_text("utf-8"), format="json"
        )
        builder = _build(context, source, Path(path))
        problems += [Problem(source.path, 0, 0, f.message, f.hint) for f in builder.faults]
        suites[builder.suite.name] = builder.suite
        known = {case.full_id: None for case in builder.cases}
        for at, after, _ in builder.afters:
            case = builder.cases[at]
            found = resolve(after, case.suite, known, {})
            builder.cases[at] = msgspec.structs.replace(case, after=found.full_ids)
        cases += builder.cases
    if problems:
        raise ProblemsError(problems)
    return Loaded(suites=suites, cases=tuple(cases))


def _build(context: Context, source: Source, path: Path) -> Builder:
    document = JsonDocument(source)
    base = path.parent
    builder = Builder(
        context,
        path=source.path,
        base=str(base),
        templates=TemplateCheck(base=base, env=context.env, parse=lambda _: ""),
        read_rows=lambda _: [],
        has_templates=_TEMPLATE.search(source.text) is not None,
    )
    builder.open_suite(document.head, default_name=path.stem)
    for index, (raw, line) in enumerate(document.cases()):
        builder.add(raw, line, ("cases", index))
    return builder


def _shown(path: Path, root: Path) -> str:
    try:
        return str(path.resolve().relative_to(root.resolve()))
    except ValueError:
        return str(path)
