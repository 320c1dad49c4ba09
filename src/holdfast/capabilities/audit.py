"""What does the code of this process touch? An audit hook that notes it, or refuses it.

A hook of the interpreter sees what goes through the interpreter, and nothing else;
docs/reference/capabilities.md lists what it cannot see. It cannot be taken out again:
one process per watched call.
"""

# ruff: noqa: PTH114, PTH115, PTH118, PTH119 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os
import sys
from _thread import get_ident

from holdfast.capabilities import events
from holdfast.capabilities.resource import (
    format_address,
    resolve_path,
    resolve_program,
)
from holdfast.capabilities.scope import format_capability, show_path
from holdfast.capabilities.software import DEVICES, is_own_name
from holdfast.capabilities.violation import CapabilityViolation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from holdfast.capabilities.scope import Scope
    from holdfast.capabilities.software import Software

__all__ = ["Watch"]

# Of one kind; what is covered is not listed beyond, what is undeclared is counted.
MOST_LISTED = 10_000
# Paths that wait for their symbolic links to be followed; a thousand take about 5 ms.
MOST_PENDING = 2_000
MOST_SEEN = 100_000
# The way to the caller; what runs in a frame decides whose use it is.
FRAME: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - private by name alone
_ACCESS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Notes every use of a capability; where it refuses, what is not granted is stopped."""

    def __init__(self, scope: Scope, software: Software, *, refuses: bool) -> None:
        self.scope = scope
        self.software = software
        self.refuses = refuses
        self.is_on = False
        # While the code is being loaded, its imports are its own parts.
        self.is_loading = False
        self.used: dict[str, None] = {}
        self.undeclared: dict[str, None] = {}
        self.blind: dict[str, None] = {}
        self.not_listed = 0
        self._hits: set[int] = set()
        self._seen: set[Any] = set()
        self._pending: list[tuple[Any, int, str]] = []
        self._folder = scope.folder
        self._folders: dict[str, str] = {}
        self._names: dict[str, str] = {}
        # Followed at once where a link was just made: it may be gone before the end.
        self._defers = not refuses
        self._busy: set[int] = set()
        self._shared = -1
        self._is_fork = False
        self._handlers = self._make_handlers()

    # --- from outside -----------------------------------------------------------

    def start(self) -> None:
        """Hook into the interpreter, for good."""
        self.is_on = True
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)
        sys.addaudithook(self._make_hook())

    def unused(self) -> list[str]:
        """Return the grants that were not needed so far."""
        return [
            format_capability(kind, resource)
            for index, (kind, resource) in enumerate(self.scope.grants)
            if index not in self._hits
        ]

    def settle(self) -> None:
        """Look at what still waits, and at what forked processes noted."""
        self._follow()
        if self._shared >= 0:
            self._read_shared()

    def know_names(self, names: dict[str, list[str]]) -> None:
        """Tell connections to these addresses by their names."""
        for name, addresses in names.items():
            for address in addresses:
                self._names.setdefault(address, name)

    def note_variable(self, name: str) -> None:
        """Note that a variable of the environment is read; "" stands for all of them."""
        if not self.is_on or is_own_name(name) or "env" in self.used:
            return
        if self.refuses and not name:
            # What can be listed was granted: the rest is not there.
            return
        frame = FRAME(2)
        if self.software.is_standard_caller(frame) or self.software.is_loading(frame):
            return
        self._use("env", name, name)

    # --- the hook ---------------------------------------------------------------

    def _make_hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        find = self._handlers.get

        def hook(event: str, args: tuple[Any, ...]) -> None:
            handle = find(event)
            if handle is not None and self.is_on:
                handle(event, args)

        return hook

    def _make_handlers(self) -> dict[str, Callable[[str, tuple[Any, ...]], None]]:
        return {
            "open": self._on_open,
            "os.chdir": self._on_chdir,
            "import": self._on_import,
            "os.system": self._on_shell,
            "os.putenv": self._on_variable,
            "os.unsetenv": self._on_variable,
            "sqlite3.connect": self._on_database,
            **dict.fromkeys(events.PATHS, self._on_path),
            **dict.fromkeys(events.PROGRAMS, self._on_program),
            **dict.fromkeys(events.ADDRESSES, self._on_address),
            **dict.fromkeys(events.LOOKUPS, self._on_lookup),
            **dict.fromkeys(events.SYSTEM, self._on_system),
            **dict.fromkeys(events.FOREIGN, self._on_foreign),
        }

    def _on_open(self, event: str, args: tuple[Any, ...]) -> None:
        path: Any = args[0]
        flags: int = args[2] or 0
        try:
            key = (path, flags & _ACCESS)
            if key in self._seen:
                return
        except TypeError:
            # A path object of the user's that cannot be hashed.
            path = path.__fspath__()
            key = (path, flags & _ACCESS)
        # A number is a descriptor: it was opened, and noted, before.
        if type(path) is int or self.software.is_loading(FRAME(2)):
            return
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        if self._defers:
            self._seen.add(key)
            self._pending.append((path, flags, self._folder))
            if len(self._pending) >= MOST_PENDING:
                self._follow()
            return
        for kind in events.wanted_access(flags):
            self._use_path(kind, os.fsdecode(path), self._folder)
        self._seen.add(key)

    def _on_path(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        if event == "os.symlink":
            self._defers = False
        for index, kinds, at in events.PATHS[event]:
            path = args[index]
            if isinstance(path, int):
                continue
            folder = self._folder
            if at is not None and isinstance(args[at], int) and args[at] >= 0:
                folder = _folder_of(args[at]) or folder
            name = "." if path is None else os.fsdecode(path)
            for kind in kinds.split():
                self._use_path(kind, name, folder)

    def _on_chdir(self, event: str, args: tuple[Any, ...]) -> None:
        path = _folder_of(args[0]) if isinstance(args[0], int) else os.fsdecode(args[0])
        self._folder = resolve_path(path, self._folder)
        self._seen.clear()

    def _on_database(self, event: str, args: tuple[Any, ...]) -> None:
        path = os.fsdecode(args[0])
        if path.startswith("file:"):
            path, _, query = path[5:].partition("?")
            if "mode=memory" in query:
                return
        if path and path != ":memory:" and not self.software.is_loading(FRAME(2)):
            self._use_path("read", path, self._folder)
            self._use_path("write", path, self._folder)

    def _on_program(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        index, at = events.PROGRAMS[event]
        folder = self._folder
        if at is not None and args[at] is not None:
            folder = resolve_path(os.fsdecode(args[at]), folder)
        self._use_program(os.fsdecode(args[index]), folder)

    def _on_shell(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.software.is_loading(FRAME(2)):
            self._use_program("cmd.exe" if os.name == "nt" else "/bin/sh", self._folder)

    def _on_variable(self, event: str, args: tuple[Any, ...]) -> None:
        name = os.fsdecode(args[0])
        if not is_own_name(name) and not self.software.is_loading(FRAME(2)):
            self._use("env", name, name)

    def _on_address(self, event: str, args: tuple[Any, ...]) -> None:
        address: Any = args[1]
        if address is None:
            # sendmsg on a socket that is connected: that was noted.
            return
        if isinstance(address, (str, bytes)):
            path = os.fsdecode(address)
            if path.startswith("\0"):
                self._use("net", f"@{path[1:]}", f"@{path[1:]}")
                return
            for kind in ("read", "write"):
                self._use_path(kind, path, self._folder)
        elif isinstance(address, tuple) and isinstance(args[1][0], str):
            host, port = args[1][0], args[1][1]
            resource = format_address(self._names.get(host, host) or "0.0.0.0", port)  # noqa: S104 - "" means that
            self._use("net", resource, resource)
        else:
            self._use("net", f"@{args[0].family!s}", f"@{args[0].family!s}")

    def _on_lookup(self, event: str, args: tuple[Any, ...]) -> None:
        if args[0] is None or get_ident() in self._busy:
            return
        host = os.fsdecode(args[0])
        port = "" if len(args) < 2 or args[1] is None else _text(args[1])
        resource = format_address(host, port)
        self._use("net", resource, resource)
        if event == "socket.getaddrinfo" and not self.refuses:
            self._remember(host, port)

    def _remember(self, host: str, port: str) -> None:
        """Ask for the addresses of a name, so that a connection to one is told by the name."""
        known = sys.modules.get("_socket")
        if known is None or host in self._names.values():
            return
        self._busy.add(get_ident())
        try:
            for answer in known.getaddrinfo(host, port or None):
                self._names.setdefault(answer[4][0], host)
        except OSError:
            # The caller's own look-up will say so.
            return
        finally:
            self._busy.discard(get_ident())

    def _on_system(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        resource = events.SYSTEM[event]
        if resource == "fork":
            self._share()
        self._use("sys", resource, resource)

    def _on_foreign(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        named: Any = args[0] if args else None
        name: Any = getattr(named, "_name", named)
        if event.startswith("sqlite3."):
            name = args[1] if event.endswith("load_extension") and len(args) > 1 else "sqlite3"
        resource = name if isinstance(name, str) and name else "self"
        self._blind(f"foreign code of {resource}")
        self._use("ffi", resource, resource)

    def _on_import(self, event: str, args: tuple[Any, ...]) -> None:
        name, filename = str(args[0]), args[1]
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == "holdfast":
            return
        if filename is not None:
            self._blind(f"compiled module of {top}")
        frame = FRAME(2)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if self.is_loading or self.software.is_loading(frame):
            return
        self._use("import", top, top)

    # --- what a use means -------------------------------------------------------

    def _use_path(self, kind: str, path: str, folder: str) -> None:
        full = resolve_path(path, folder)
        if (kind == "read" and self.software.owns(full)) or full in DEVICES:
            return
        self._use(kind, full, show_path(full, self.scope.folder))

    def _use_program(self, name: str, folder: str) -> None:
        search = os.environ.get("PATH", os.defpath)
        full = resolve_program(name, folder, search) or name
        base = os.path.basename(name)
        is_usual = resolve_program(base, folder, self.scope.search) == full
        shown = base if is_usual else full
        self._blind(f"program {shown}")
        self._use("run", full, shown)

    def _use(self, kind: str, resource: str, shown: str) -> None:
        covering = self.scope.covering(kind, resource)
        text = format_capability(kind, shown)
        if self._is_fork:
            self._tell(f"{kind}\0{resource}\0{shown}\n")
        if covering:
            self._hits.update(covering)
            if len(self.used) < MOST_LISTED:
                self.used[text] = None
            return
        if len(self.undeclared) < MOST_LISTED:
            self.used[text] = None
            self.undeclared[text] = None
        else:
            self.not_listed += 1
        if self.refuses:
            raise CapabilityViolation(
                f"{text} was stopped: it is not among the capabilities that were granted",
                text,
                f"if it is meant to be used, grant {text!r}",
            )

    def _blind(self, what: str) -> None:
        if len(self.blind) < MOST_LISTED:
            self.blind[what] = None

    def _follow(self) -> None:
        """Follow the symbolic links of the paths that wait, folder by folder."""
        pending, self._pending = self._pending, []
        folders = self._folders
        for path, flags, start in pending:
            name = os.path.join(start, os.fsdecode(path))
            head, _, tail = name.rpartition(os.sep)
            folder = folders.get(head)
            if folder is None:
                folder = folders[head] = os.path.realpath(head or os.sep)
            full = f"{folder}{os.sep}{tail}"
            if tail in {"", ".", ".."} or os.path.islink(full):
                full = os.path.realpath(name)
            for kind in events.wanted_access(flags):
                self._use_path_now(kind, full)

    def _use_path_now(self, kind: str, full: str) -> None:
        if (kind == "read" and self.software.owns(full)) or full in DEVICES:
            return
        self._use(kind, full, show_path(full, self.scope.folder))

    # --- forked processes -------------------------------------------------------

    def _share(self) -> None:
        """Make a file in memory to which forked processes add what they use."""
        if self._shared < 0 and hasattr(os, "memfd_create"):
            self._shared = os.memfd_create("holdfast-capabilities")
            os.set_inheritable(self._shared, False)

    def _forked(self) -> None:
        self._is_fork = True
        self._defers = False

    def _tell(self, line: str) -> None:
        if self._shared >= 0:
            # Forked processes share the position, so that each writes behind the other.
            os.write(self._shared, line.encode("utf-8", "surrogateescape"))

    def _read_shared(self) -> None:
        size = os.fstat(self._shared).st_size
        text = os.pread(self._shared, size, 0).decode("utf-8", "surrogateescape")
        refuses, self.refuses = self.refuses, False
        for line in text.splitlines():
            kind, resource, shown = line.split("\0")
            self._use(kind, resource, shown)
        self.refuses = refuses


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _folder_of(descriptor: int) -> str:
    """Return the folder that a descriptor stands for, or "" where the system does not tell."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""
