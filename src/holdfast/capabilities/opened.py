"""Which files were used, and where do their paths lead? Noted at once, followed later, folder by folder.

To follow symbolic links costs more than to open a file. So the hook keeps the path
alone; the folders of many paths are followed once, and what is known of a folder
holds for the files in it.
"""

from __future__ import annotations

import os
import stat
import sys
from _thread import get_ident

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

# Events that wait; to follow that many takes about 10 ms.
MOST_WAITING = 8_000
# Of the uses that are covered, as in a watch.
MOST_LISTED = 10_000
MOST_SEEN = 100_000
# How many entries of folders are looked at in search of links: to ask for one path costs as much.
LISTED_PER_EVENT = 4
FEWEST_LISTED = 50
_READ, _WRITE, _LINK = 1, 2, 4
_NAMES = ((_READ, "read"), (_WRITE, "write"))
_FRAME: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - private by name alone
_MODE = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_CHANGES = os.O_CREAT | os.O_TRUNC
# By mode: O_RDONLY, O_WRONLY, O_RDWR, and what stands for neither.
_KINDS = (_READ, _WRITE, _READ | _WRITE, _READ | _WRITE)
# No thread's number: each event is looked at.
_ALWAYS = -1
_HERE = frozenset({"", os.curdir, os.pardir})
# The ends of files that an import opens, or a traceback.
_CODE_ENDS = frozenset({".py", "pyc", ".so", "pyd"})


class Opened:
    """The files that code uses by their paths, on their way into a watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        # Events as they came, of callers that import nothing.
        self._events: list[tuple[Any, ...]] = []
        # What is known already: path -> _READ, _WRITE, _LINK.
        self._seen: dict[str, int] = {}
        # By the folder as it was written, relative to the working folder.
        self._places: dict[str, _Place] = {}
        self._kinds_of: dict[int | None, int] = {}
        # Threads that began an import, and did not show yet that it has ended.
        self._importing: set[int] = {_ALWAYS} if os.altsep else set()

    def note_import(self) -> None:
        """Look at who opens a file from now on: an import may be under way."""
        self._importing.add(get_ident())

    def make_hook(
        self, find: Callable[[str], Callable[[str, tuple[Any, ...]], None] | None]
    ) -> Callable[[str, tuple[Any, ...]], None]:
        """Return the hook: `open` is noted right in it, since nothing happens as often."""
        waiting, importing, code_ends = self._events, self._importing, _CODE_ENDS
        append = waiting.append

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event == "open" and not importing:
                path = args[0]
                # To ask who the caller is raises two more events, and costs as much as all the rest.
                if type(path) is str and path[-3:] not in code_ends:
                    append(args)
                    if len(waiting) >= MOST_WAITING:
                        self.follow()
                    return
            handle = find(event)
            if handle is not None:
                handle(event, args)

        return hook

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Note an event `open` that may be none of the code's."""
        path = args[0]
        if self._is_loading(path, _FRAME(2)):
            return
        name = os.fsdecode(path)
        name = name.replace(os.altsep, os.sep) if os.altsep else name
        self._events.append((name, *args[1:]))
        if len(self._events) >= MOST_WAITING:
            self.follow()

    def stop(self, *, is_left: bool) -> None:
        """Note nothing any more; follow what waits, unless it is left to somebody else."""
        if not is_left:
            self.follow()
        self._importing.add(_ALWAYS)

    def note_now(self, kind: str, path: str, *, is_entry: bool) -> None:
        """Tell the watch of a use that is no `open`; an entry of a folder is not followed if it is a link."""
        head, separator, name = path.rpartition(os.sep)
        place = self._find_place(head or separator)
        if name in _HERE or (not is_entry and _is_link(place.below + name)):
            self._watch.use_path(kind, path)
        else:
            place.note(kind, name)

    def follow(self) -> None:
        """Follow what waits, and tell the watch."""
        events = self._events[:]
        # Another thread may have added to it meanwhile.
        del self._events[: len(events)]
        seen, kinds_of, used = self._seen, self._kinds_of, self._watch.used
        place, folder, most = None, "", LISTED_PER_EVENT * len(events)
        for args in events:
            path, flags = args[0], args[-1]
            kinds = kinds_of.get(flags)
            if kinds is None:
                kinds = kinds_of[flags] = _wanted(flags or 0)
            before = seen.get(path, 0)
            if before & kinds == kinds:
                continue
            head, separator, name = path.rpartition(os.sep)
            if place is None or head != folder or not head:
                place, folder = self._find_place(head or separator), head
                if place.links is None:
                    most -= place.find_links(most)
            is_link = before & _LINK if before else place.is_link(name)
            seen[path] = before | kinds | is_link
            kinds &= ~before
            if not is_link and kinds in place.sure:
                if len(used) < MOST_LISTED:
                    used[place.sure[kinds] + name] = None
            else:
                self._tell(place, path, kinds, is_link=bool(is_link))
        for each in list(self._places.values()):
            each.links = None
        if len(seen) >= MOST_SEEN:
            seen.clear()

    def forget(self) -> None:
        """Follow what waits; the same paths may lead elsewhere from now on."""
        self.follow()
        self._seen.clear()
        self._places.clear()

    def forget_folder(self, path: str) -> None:
        """Forget where paths lead if this one is a folder's that was followed."""
        self.follow()
        if path in self._places:
            self.forget()

    def _is_loading(self, path: Any, frame: FrameType) -> bool:
        """Tell whether an event is none of the code's: a descriptor, or what an import opens."""
        # A descriptor was opened, and noted, before.
        if isinstance(path, int):
            return True
        if self._watch.software.is_loading(frame):
            self.note_import()
            return True
        if not is_importing(frame):
            self._importing.discard(get_ident())
        return False

    def _tell(self, place: _Place, path: str, kinds: int, *, is_link: bool) -> None:
        if path[:1] == "<" and is_code_name(path):
            return
        for bit, kind in _NAMES:
            if kinds & bit and is_link:
                self._watch.use_path(kind, path)
            elif kinds & bit:
                place.note(kind, path.rpartition(os.sep)[2])

    def _find_place(self, written: str) -> _Place:
        place = self._places.get(written)
        if place is None:
            place = self._places[written] = _Place(self._watch, written)
        return place


class _Place:
    """A folder, and what is known of all files that lie right in it."""

    def __init__(self, watch: Watch, written: str) -> None:
        folder = watch.resolve(written)
        self.below = folder if folder.endswith(os.sep) else folder + os.sep
        # By _READ or _WRITE, where every file is covered and none is the software's: how a use begins.
        self.sure: dict[int, str] = {}
        # The names that are links, while paths are followed.
        self.links: set[str] | None = None
        self._is_listed = False
        self._watch = watch
        self._is_own = watch.software.owns_all_below(folder)
        self._own_files = {each for each in watch.software.files if each.startswith(self.below)}
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

    def find_links(self, most: int) -> int:
        """List the folder if it has no more entries than that; return how many were looked at."""
        self.links, self._is_listed, count = set(_HERE), False, 0
        if most < FEWEST_LISTED:
            return 0
        try:
            with os.scandir(self.below) as entries:
                for count, entry in enumerate(entries, 1):
                    if count > most:
                        return count
                    if entry.is_symlink():
                        self.links.add(entry.name)
        except OSError:
            # It may be gone, or not ours to list.
            return count
        self._is_listed = True
        return count

    def is_link(self, name: str) -> int:
        """Return _LINK where an entry leads elsewhere, 0 where it does not."""
        links = self.links
        if links is not None and (name in links or self._is_listed):
            return _LINK if name in links else 0
        return _LINK if _is_link(self.below + name) else 0

    def _ask(self, kind: str) -> tuple[bool, list[tuple[int, Covers]]]:
        sure, others = self._watch.scope.covering_below(kind, self.below)
        self._watch.hits.update(sure)
        self._asked[kind] = (bool(sure), others)
        if sure and not others and not self._own_files:
            self.sure[_READ if kind == "read" else _WRITE] = f"{kind}:{self._shown}"
        return self._asked[kind]


def _wanted(flags: Any) -> int:
    if not isinstance(flags, int):
        # Somebody else's event of that name.
        return _READ
    kinds = _KINDS[flags & _MODE]
    return kinds | _WRITE if flags & _CHANGES else kinds


def is_importing(frame: FrameType | None) -> bool:
    """Tell whether an import is under way further out."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        # What is not there leads nowhere else.
        return False
