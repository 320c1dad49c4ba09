"""Where is a baseline kept, and how is a sitting added to it?

`baselines/SUITE/ID.json` beside the case file, made to be committed. Format 1: `format` and
`sittings`, the values of `baseline.py`. Keys that are not known are passed over by readers, and
lost when a sitting is added.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.baseline import FORMAT, Baseline, Sitting, Stored, alike, differences
from holdfast.measure.baseline_verdict import Held, hold_against
from holdfast.measure.verdict import Rules

__all__ = ["add_sitting", "file_of", "keep_measured", "read_baseline", "read_stored"]

# More of one class would narrow no verdict, and all of them are read in every run.
MOST_ALIKE = 12
MOST = 60
CURE = "restore it from version control, or delete it and write it anew with --update"


class _Head(msgspec.Struct, frozen=True):
    format: str


def file_of(suite: str, name: str) -> str:
    """Return the path of a baseline, from the folder of its case file on."""
    return f"baselines/{_file_name(suite)}/{_file_name(name)}.json"


def read_baseline(path: Path) -> Baseline | None:
    """Return what a file keeps, None where there is none.

    Raises:
        UsageError: it is no baseline, or one of a newer holdfast. The message does not name the file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"a baseline must be a readable file, got {error.strerror!r}") from error
    try:
        found = msgspec.json.decode(data, type=_Head).format
        if found != FORMAT:
            raise UsageError(
                f"a baseline must be of format {FORMAT!r}, got {found!r:.60}",
                hint="it was written by a newer holdfast: upgrade this one",
            )
        return msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = str(error)
        raise UsageError(
            f"a baseline must be readable as such, got {message!r}", hint=CURE
        ) from error


def read_stored(path: Path, file: str, *, update: bool) -> dict[str, Any]:
    """Return what a run must know of a baseline, as plain data; `file` is how messages name it.

    Raises:
        UsageError: as for `read_baseline`.
    """
    found = read_baseline(path)
    sittings = found.sittings if found else ()
    stored = Stored(file=file, exists=found is not None, update=update, sittings=sittings)
    # As it comes back from any store: lists and texts alone.
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(stored))
    return told


def keep_measured(path: Path, fact: Mapping[str, Any]) -> str:
    """Add the sitting that a run left as a fact to a file; say what became of the file.

    Raises:
        UsageError: as for `add_sitting`.
    """
    now = msgspec.convert(fact["now"], Sitting)
    return add_sitting(path, now, msgspec.convert(fact["rules"], Rules))


def add_sitting(path: Path, now: Sitting, rules: Rules) -> str:
    """Add a sitting to a file, which is made where it is missing; say what became of the file.

    Sittings of the same class that prove another speed are of other code: they are replaced.

    Raises:
        UsageError: the file is no baseline, or cannot be written; the message names it.
    """
    try:
        found = read_baseline(path)
        stored = found.sittings if found else ()
        held = hold_against(now, stored, rules)
        if held.has_changed:
            kept = tuple(each for each in stored if differences(each, now))
        else:
            dropped = {id(each) for each in _too_close(alike(stored, now))}
            kept = tuple(each for each in stored if id(each) not in dropped)
        _write(path, Baseline(sittings=(*kept, now)[-MOST:]))
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from error
    return _told(len(alike(kept, now)) + 1, held)


def _told(count: int, held: Held) -> str:
    told = f"{count} {'sitting' if count == 1 else 'sittings'} of this host class and interpreter"
    if not held.has_changed:
        return told
    return f"{told}; the earlier ones are replaced: it takes {held.ratio:.3f} times as long now"


def _too_close(sittings: Sequence[Sitting]) -> list[Sitting]:
    """Return what makes room for one more: the earlier one of those that lie closest together."""
    left, gone = sorted(sittings, key=lambda each: each.at), list[Sitting]()
    while len(left) >= MOST_ALIKE:
        close = min(range(len(left) - 1), key=lambda at: left[at + 1].at - left[at].at)
        gone.append(left.pop(close))
    return gone


def _write(path: Path, baseline: Baseline) -> None:
    data = msgspec.json.format(msgspec.json.encode(baseline), indent=1)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data + b"\n")
        # At once: a reader sees the old file or the new one, never a part.
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise UsageError(f"a baseline must be writable, got {error.strerror!r}") from error


def _file_name(name: str) -> str:
    return quote(name, safe="[]=, -_.")
