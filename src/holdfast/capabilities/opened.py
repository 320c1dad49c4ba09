"""Which files were used, and where do their paths lead? Noted at once, followed later, folder by folder.

To follow symbolic links costs more than to open a file. So the hook keeps the path
alone; the folders of many paths are followed once, and what is known of a folder
holds for the files in it.
"""

from __future__ import annotations

import os
import stat
import sys

from holdfast.capabilities.resource import is_code_name
from holdfast.capabilities.scope import show_path
from holdfast.capabilities.software import DEVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from holdfast.capabilities.audit import Watch
    from holdfast.capabilities.resource import Covers

__all__ = ["Opened"]

# Paths that wait to be followed; that many take about 5 ms.
MOST_PENDING = 2_000
MOST_SEEN = 100_000
_READ, _WRITE = 1, 2
_FRAME: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - private by name alone
_MODE = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_CHANGES = os.O_CREAT | os.O_TRUNC
# By mode: O_RDONLY, O_WRONLY, O_RDWR, and what stands for neither.
_KINDS = (_READ, _WRITE, _READ | _WRITE, _READ | _WRITE)
_HERE = frozenset({"", os.curdir, os.pardir})


class Opened:
    """The files that code uses by their paths, on their way into a watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        # What is known already: path -> _READ, _WRITE or both.
        self._seen: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        # By the folder as it was written, relative to the working folder.
        self._places: dict[str, _Place] = {}

    def make_handler(self) -> Callable[[str, tuple[Any, ...]], None]:
        """Return what notes an event `open`: one function, since it runs at every one of them."""
        seen, pending, software = self._seen, self._pending, self._watch.software
        known, is_loading = software.known.get, software.is_loading
        frame_at, mode_bits, changes, by_mode = _FRAME, _MODE, _CHANGES, _KINDS

        def note(event: str, args: tuple[Any, ...]) -> None:
            path: Any = args[0]
            flags: int = args[2] or 0
            if type(path) is not str:
                if isinstance(path, int):
                    # A descriptor: it was opened, and noted, before.
                    return
                path = os.fsdecode(path)
            kinds = by_mode[flags & mode_bits]
            if flags & changes:
                kinds |= _WRITE
            if path[:1] == "<" and is_code_name(path):
                return
            before = seen.get(path, 0)
            if before & kinds == kinds:
                return
            frame = frame_at(2)
            # Most callers are no library's: that is told by one look.
            if known(frame.f_code.co_filename) is not False and is_loading(frame):
                return
            seen[path] = pending[path] = before | kinds
            if len(pending) >= MOST_PENDING:
                self.follow()

        return note

    def note_now(self, kind: str, path: str, *, is_entry: bool) -> None:
        """Tell the watch of a use that is no `open`; an entry of a folder is not followed if it is a link."""
        place, name = self._find_place(path)
        if name in _HERE or (not is_entry and _is_link(place.below + name)):
            self._watch.use_path(kind, path)
        else:
            place.note(kind, name)

    def follow(self) -> None:
        """Follow what waits, and tell the watch."""
        # A copy: another thread may open a file meanwhile.
        for path, kinds in self._pending.copy().items():
            self._pending.pop(path, None)
            place, name = self._find_place(path)
            is_plain = name not in _HERE and not _is_link(place.below + name)
            for bit, kind in ((_READ, "read"), (_WRITE, "write")):
                if not kinds & bit:
                    continue
                if is_plain:
                    place.note(kind, name)
                else:
                    self._watch.use_path(kind, path)
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()

    def forget(self) -> None:
        """Follow what waits; the same paths may lead elsewhere from now on."""
        self.follow()
        self._seen.clear()
        self._places.clear()

    def forget_folder(self, path: str) -> None:
        """Forget where paths lead if this one is a folder's that was followed."""
        if path in self._places:
            self.forget()

    def _find_place(self, path: str) -> tuple[_Place, str]:
        if os.altsep:
            path = path.replace(os.altsep, os.sep)
        head, separator, name = path.rpartition(os.sep)
        place = self._places.get(head or separator)
        if place is None:
            place = self._places[head or separator] = _Place(self._watch, head or separator)
        return place, name


class _Place:
    """A folder, and what is known of all files that lie right in it."""

    def __init__(self, watch: Watch, written: str) -> None:
        folder = watch.resolve(written)
        self.below = folder if folder.endswith(os.sep) else folder + os.sep
        self._watch = watch
        self._is_own = watch.software.owns_all_below(folder)
        self._own_files = watch.software.files
        self._shown = show_path(self.below + "x", watch.scope.folder)[:-1]
        # By kind: is every file covered, and which grants must be asked for each?
        self._asked: dict[str, tuple[bool, list[tuple[int, Covers]]]] = {}

    def note(self, kind: str, name: str) -> None:
        """Tell the watch that an entry of this folder was used."""
        full = self.below + name
        if kind == "read" and self._is_own:
            return
        if full in self._own_files and (kind == "read" or full in DEVICES):
            return
        is_covered, grants = self._asked.get(kind) or self._ask(kind)
        if grants:
            hits = [index for index, covers in grants if covers(full)]
            self._watch.hits.update(hits)
            is_covered = is_covered or bool(hits)
        if is_covered:
            self._watch.list_used(f"{kind}:{self._shown}{name}")
        else:
            self._watch.use(kind, full, self._shown + name)

    def _ask(self, kind: str) -> tuple[bool, list[tuple[int, Covers]]]:
        sure, others = self._watch.scope.covering_below(kind, self.below)
        self._watch.hits.update(sure)
        self._asked[kind] = (bool(sure), others)
        return self._asked[kind]


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        # What is not there leads nowhere else.
        return False
