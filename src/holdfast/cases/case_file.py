"""Which suites and cases do these files and folders hold?

paths --> sources --> documents --> builders --> needs resolved --> Loaded
                                      everything wrong, of all files, at once
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from holdfast.cases.context import Context
from holdfast.cases.document import Document, Fault, Source, format_of
from holdfast.cases.gather import Gathered, gather
from holdfast.cases.normalise import Builder
from holdfast.cases.python_file import PythonSource, build_python, placed_by_line
from holdfast.cases.read import looks_like_cases, open_document, read_plain, read_rows, read_source
from holdfast.cases.template_check import TemplateCheck
from holdfast.clock import Clock, SystemClock
from holdfast.errors import Problem, ProblemsError
from holdfast.model.case import Case, Suite
from holdfast.registry import Registry, load_place
from holdfast.settings import Settings

__all__ = ["Loaded", "load"]

# Loaded where something is wrong: it needs the parsers of all formats.
_LOCATE = "holdfast.cases.positions:locate"
_TEMPLATE = re.compile(r"\{[A-Za-z_]")
_PARSED = (".json", ".yaml", ".yml")
_SUFFIXES = ".yaml, .yml, .json, .jsonc, .json5 or .toml"


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Checked suites and cases in the order of their files; `notes` are for the author."""

    suites: dict[str, Suite] = {}
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()


def load(
    paths: Iterable[str | Path],
    *,
    registry: Registry,
    settings: Settings,
    env: Mapping[str, str],
    root: Path,
    python: Sequence[PythonSource] = (),
    clock: Clock | None = None,
) -> Loaded:
    """Read case files and the case files of folders, check them, and build their cases.

    Relative paths are taken, and files named in messages, relative to `root`. A file of a
    folder counts where it has `cases` or `suite` at its top level. `python` are the
    Python files with what was found marked in them. Today, from `clock`, decides which
    `skip` and `xfail` have expired.

    Raises:
        ProblemsError: everything that is wrong with any of the files.
    """
    today = (clock or SystemClock()).wall().date().isoformat()
    context = Context(registry=registry, settings=settings, env=env, today=today)
    gathered: list[Gathered] = []
    problems: list[Problem] = []
    notes: list[str] = []
    for path, is_named in _files(paths, root, problems):
        try:
            source = read_source(path, _shown(path, root))
            if is_named or looks_like_cases(source):
                builder = _build(context, source, path, notes)
                gathered.append(Gathered(source=source, builder=builder))
        except ProblemsError as error:
            # What is no case file may be anything; what was named must be one.
            if is_named or _is_meant(path):
                problems += error.problems
    for found in python:
        shown = _shown(root / found.path, root)
        builder = build_python(
            context, found, shown=shown, base=(root / found.path).resolve().parent
        )
        source = Source(path=shown, text="", format="yaml")
        gathered.append(Gathered(source=source, builder=builder, is_python=True))
    suites, cases = gather(gathered)
    for each in gathered:
        faults = each.builder.faults
        problems += (
            placed_by_line(each.source.path, faults, each.builder.lines)
            if each.is_python
            else _placed(each.source, faults)
        )
        notes += each.builder.notes
    if problems:
        raise ProblemsError(problems)
    return Loaded(suites=suites, cases=cases, notes=tuple(notes))


def _build(context: Context, source: Source, path: Path, notes: list[str]) -> Builder:
    document = open_document(source)
    builder = _fill(context, document, document.head, source=source, path=path)
    if document.late:
        # The defaults of a suite may stand below its cases: build again with all of them.
        builder = _fill(
            context, document, {**document.head, **document.late}, source=source, path=path
        )
    builder.faults += document.faults
    if document.has_repeats:
        builder.faults += [
            Fault(place, f"the key {place[-1]!r} must be given once, got it again", "", *mark)
            for place, mark in load_place(_LOCATE)(source, ()).repeats
        ]
    if not document.has_cases and "cases" not in document.head:
        hint = "write `cases:` and a list below it"
        builder.faults.append(Fault((), "a case file must have the key 'cases'", hint))
    elif not builder.cases and not builder.faults:
        notes.append(f"{source.path}: it holds no case")
    notes += [f"{source.path}:{line}: {text}" for line, text in document.notes]
    return builder


def _fill(
    context: Context, document: Document, head: dict[str, Any], *, source: Source, path: Path
) -> Builder:
    base = path.resolve().parent
    builder = Builder(
        context,
        path=source.path,
        base=str(base),
        templates=TemplateCheck(base=base, env=context.env, parse=_unparsable),
        read_rows=partial(_rows, base),
        has_templates="\\u00" in source.text or _TEMPLATE.search(source.text) is not None,
    )
    builder.open_suite(head, default_name=path.stem)
    for index, (raw, line) in enumerate(document.cases()):
        builder.add(raw, line, ("cases", index))
    return builder


def _files(
    paths: Iterable[str | Path], root: Path, problems: list[Problem]
) -> Iterable[tuple[Path, bool]]:
    """Give every file once, and whether it was named itself."""
    seen: set[Path] = set()
    for each in paths:
        path = root / each
        if path.is_dir():
            found = [file for file in sorted(path.rglob("*")) if _is_candidate(file, path)]
            if not found:
                message = f"the folder must hold case files ({_SUFFIXES}), got none"
                problems.append(Problem(_shown(path, root), 0, 0, message))
        elif path.exists() and format_of(path.name) is None:
            message = f"a case file must end in {_SUFFIXES}, got {path.name!r}"
            problems.append(Problem(_shown(path, root), 0, 0, message))
            continue
        else:
            found = [path]
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, not path.is_dir()


def _is_candidate(file: Path, folder: Path) -> bool:
    inner = file.relative_to(folder).parts
    return format_of(file.name) is not None and not any(part.startswith(".") for part in inner)


def _is_meant(path: Path) -> bool:
    """Tell whether a file that cannot be read says that it holds cases."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return True
    return looks_like_cases(Source(path=str(path), text=text, format="yaml"))


def _placed(source: Source, faults: list[Fault]) -> list[Problem]:
    """Turn faults into problems with their positions; one scan, and only where it is needed."""
    if not faults:
        return []
    located = load_place(_LOCATE)(source, {fault.place for fault in faults if not fault.line})
    problems: list[Problem] = []
    for fault in faults:
        line, column = (fault.line, fault.column) if fault.line else located.of(fault.place)
        problems.append(Problem(source.path, line, column, fault.message, fault.hint))
    return problems


def _unparsable(path: Path) -> str:
    if path.suffix.lower() not in _PARSED:
        return ""
    try:
        read_plain(path)
    except ProblemsError as error:
        return f"a file template must name a file that can be read, got {error.problems[0]}"
    return ""


def _rows(base: Path, text: str) -> Any:
    try:
        return read_rows(base / text)
    except ProblemsError as error:
        return f"'file' must name a file of rows, got {error.problems[0]}"


def _shown(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)
