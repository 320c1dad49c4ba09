"""What does the code of this process touch? An audit hook that notes it, or refuses it.

A hook of the interpreter sees what goes through the interpreter, and nothing else;
docs/reference/capabilities.md lists what it cannot see. It cannot be taken out again:
one process per watched call.
"""

# ruff: noqa: PTH112, PTH119 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os
import sys
from _thread import get_ident

from holdfast.capabilities import events
from holdfast.capabilities.kernel import part
from holdfast.capabilities.resource import (
    folder_of,
    format_address,
    is_code_name,
    resolve_entry,
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

# What is covered is not listed beyond, what is undeclared is counted.
MOST_LISTED = 10_000
MOST_SEEN = 100_000
# The way to the caller; what runs in a frame decides whose use it is.
FRAME: Callable[[int], FrameType] = getattr(sys, "_getframe")  # noqa: B009 - private by name alone
_ACCESS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# A file in memory that can never be executed, as confined code must ask for it (Linux 6.3).
_MFD_CLOEXEC, _MFD_NOEXEC_SEAL = 1, 8


class Watch:
    """Notes every use of a capability; where it refuses, what is not granted is stopped."""

    def __init__(self, scope: Scope, software: Software, *, refuses: bool) -> None:
        self.scope = scope
        self.software = software
        self.refuses = refuses
        self.is_on = False
        self.is_loading = False  # while it is, imports are parts of the code
        self.used: dict[str, None] = {}
        self.undeclared: dict[str, None] = {}
        self.recent: dict[str, None] = {}  # undeclared since it was last cleared
        self.blind: dict[str, None] = {}
        self.not_listed = 0
        # The numbers of the grants that were needed.
        self.hits: set[int] = set()
        self._seen: set[tuple[Any, int]] = set()
        self._folder = scope.folder
        self._names: dict[str, str] = {}
        self._busy: set[int] = set()
        self._shared, self._told = -1, 0
        self._is_fork = False
        # Where nothing is refused, what paths lead to can wait.
        self._opened: Any = None if refuses else part("opened").Opened(self)
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
            if index not in self.hits
        ]

    def settle(self) -> None:
        """Look at what still waits, and at what forked processes noted."""
        if self._opened is not None:
            self._opened.follow()
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
        self.use("env", name, name)

    # --- the hook ---------------------------------------------------------------

    def _make_hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        find = self._handlers.get

        def hook(event: str, args: tuple[Any, ...]) -> None:
            handle = find(event)
            if handle is not None:
                handle(event, args)

        return hook if self._opened is None else self._opened.make_hook(find)

    def _make_handlers(self) -> dict[str, Callable[[str, tuple[Any, ...]], None]]:
        return {
            "open": self._opened.note if self._opened else self._on_open,
            "os.chdir": self._on_chdir,
            "import": self._on_import,
            "exec": self._on_import,
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
        # A number is a descriptor: it was opened, and noted, before.
        if isinstance(path, int):
            return
        path = os.fsdecode(path)
        key = (path, flags & _ACCESS)
        if key in self._seen or is_code_name(path) or self.software.is_loading(FRAME(2)):
            return
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        for kind in events.wanted_access(flags):
            self.use_path(kind, path)
        self._seen.add(key)

    def _on_path(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        if event == "os.symlink":
            self._stop_waiting()
        is_entry = event in events.ENTRIES
        for index, kinds, at in events.PATHS[event]:
            path = args[index]
            if isinstance(path, int):
                continue
            name = "." if path is None else os.fsdecode(path)
            folder = self._folder
            if at is not None and isinstance(args[at], int) and args[at] >= 0:
                folder = folder_of(args[at]) or folder
            elif self._opened is not None:
                for kind in kinds.split():
                    self._opened.note_now(kind, name, is_entry=is_entry)
                if is_entry:
                    self._opened.forget_folder(name)
                continue
            full = resolve_entry(name, folder) if is_entry else resolve_path(name, folder)
            for kind in kinds.split():
                self._use_file(kind, full)

    def _stop_waiting(self) -> None:
        """Follow paths at once from now on: a link was made, and may be gone before the end."""
        if self._opened is not None:
            # In a forked process, what waits is the parent's to look at.
            self._opened.stop(is_left=self._is_fork)
            self._handlers["open"], self._opened = self._on_open, None

    def _on_chdir(self, event: str, args: tuple[Any, ...]) -> None:
        path = folder_of(args[0]) if isinstance(args[0], int) else os.fsdecode(args[0])
        folder = resolve_path(path, self._folder)
        if not os.path.isdir(folder):
            # It is going to be refused.
            return
        if self._opened is not None:
            self._opened.forget()
        self._folder = folder
        self._seen.clear()

    def _on_database(self, event: str, args: tuple[Any, ...]) -> None:
        path = events.database_path(args[0])
        if path and not self.software.is_loading(FRAME(2)):
            self.use_path("read", path)
            self.use_path("write", path)

    def _on_program(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        index, at = events.PROGRAMS[event]
        folder = self._folder
        if at is not None and args[at] is not None:
            folder = resolve_path(os.fsdecode(args[at]), folder)
        named: Any = args[index]
        if isinstance(named, int):
            named = folder_of(named) or f"descriptor {named}"
        self._use_program(os.fsdecode(named), folder)

    def _on_shell(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.software.is_loading(FRAME(2)):
            self._use_program("cmd.exe" if os.name == "nt" else "/bin/sh", self._folder)

    def _on_variable(self, event: str, args: tuple[Any, ...]) -> None:
        name = os.fsdecode(args[0])
        if not is_own_name(name) and not self.software.is_loading(FRAME(2)):
            self.use("env", name, name)

    def _on_address(self, event: str, args: tuple[Any, ...]) -> None:
        address: Any = args[1]
        if address is None:
            # sendmsg on a socket that is connected: that was noted.
            return
        if isinstance(address, (str, bytes)):
            path = os.fsdecode(address)
            if path.startswith("\0"):
                self.use("net", f"@{path[1:]}", f"@{path[1:]}")
                return
            for kind in ("read", "write"):
                self.use_path(kind, path)
        elif isinstance(address, tuple) and isinstance(args[1][0], str):
            host, port = args[1][0], args[1][1]
            resource = format_address(self._names.get(host, host) or "0.0.0.0", port)  # noqa: S104 - "" means that
            self.use("net", resource, resource)
        else:
            self.use("net", f"@{args[0].family!s}", f"@{args[0].family!s}")

    def _on_lookup(self, event: str, args: tuple[Any, ...]) -> None:
        if args[0] is None or get_ident() in self._busy:
            return
        host = os.fsdecode(args[0])
        port: Any = "" if len(args) < 2 or args[1] is None else args[1]
        resource = format_address(host, port)
        self.use("net", resource, resource)
        if event == "socket.getaddrinfo" and not self.refuses:
            self._remember(host, port)

    def _remember(self, host: str, port: Any) -> None:
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
        self.use("sys", resource, resource)

    def _on_foreign(self, event: str, args: tuple[Any, ...]) -> None:
        if self.software.is_loading(FRAME(2)):
            return
        resource = events.foreign_name(event, args)
        self._blind(f"foreign code of {resource}")
        self.use("ffi", resource, resource)

    def _on_import(self, event: str, args: tuple[Any, ...]) -> None:
        if self._opened is not None:
            self._opened.note_import()
        if event == "exec":
            # `importlib.import_module` raises no other event.
            top, filename = self.software.module_of(args[0]), None
        else:
            top, filename = str(args[0]).partition(".")[0], args[1]
        if not top or top in sys.stdlib_module_names or top == "holdfast":
            return
        if filename is not None:
            self._blind(f"compiled module of {top}")
        frame = FRAME(2)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if self.is_loading or self.software.is_loading(frame):
            return
        self.use("import", top, top)

    # --- what a use means -------------------------------------------------------

    def resolve(self, path: str) -> str:
        """Return where a path leads from the working folder of the moment."""
        return resolve_path(path, self._folder)

    def use_path(self, kind: str, path: str) -> None:
        """Note that the file is used to which a path leads."""
        self._use_file(kind, self.resolve(path))

    def _use_file(self, kind: str, full: str) -> None:
        if (kind == "read" and self.software.owns(full)) or full in DEVICES:
            return
        self.use(kind, full, show_path(full, self.scope.folder))

    def _use_program(self, name: str, folder: str) -> None:
        search = os.environ.get("PATH", os.defpath)
        full = resolve_program(name, folder, search) or name
        base = os.path.basename(name)
        is_usual = resolve_program(base, folder, self.scope.search) == full
        shown = base if is_usual else full
        self._blind(f"program {shown}")
        self.use("run", full, shown)

    def use(self, kind: str, resource: str, shown: str) -> None:
        """Note a use; stop it where it is not granted and this watch refuses."""
        covering = self.scope.covering(kind, resource)
        text = format_capability(kind, shown)
        if self._is_fork:
            self._tell(kind, resource, shown)
        if covering:
            self.hits.update(covering)
            self.list_used(text)
            return
        if len(self.undeclared) < MOST_LISTED:
            self.used[text] = None
            self.undeclared[text] = self.recent[text] = None
        else:
            self.not_listed += 1
        if self.refuses:
            raise CapabilityViolation(
                f"{text} was stopped: it is not among the capabilities that were granted",
                text,
                f"if it is meant to be used, grant {text!r}",
            )

    def list_used(self, text: str) -> None:
        """List a use that is covered."""
        if len(self.used) < MOST_LISTED:
            self.used[text] = None

    def _blind(self, what: str) -> None:
        if len(self.blind) < MOST_LISTED:
            self.blind[what] = None

    # --- forked processes -------------------------------------------------------

    def _share(self) -> None:
        """Make a file in memory to which forked processes add what they use."""
        if self._shared >= 0 or not hasattr(os, "memfd_create"):
            return
        try:
            self._shared = os.memfd_create("holdfast", _MFD_CLOEXEC | _MFD_NOEXEC_SEAL)
        except OSError:
            # An older kernel, which does not know such files.
            if not self.refuses:
                self._shared = os.memfd_create("holdfast", _MFD_CLOEXEC)

    def _forked(self) -> None:
        self._is_fork = True
        self._stop_waiting()

    def _tell(self, *fields: str) -> None:
        if self._shared >= 0:
            # Forked processes share the position, so that each writes behind the other.
            text = "".join(field.replace("\0", "@") + "\0" for field in fields)
            os.write(self._shared, text.encode("utf-8", "surrogateescape"))

    def _read_shared(self) -> None:
        size = os.fstat(self._shared).st_size
        text = os.pread(self._shared, size - self._told, self._told)
        self._told = size
        fields = text.decode("utf-8", "surrogateescape").split("\0")
        refuses, self.refuses = self.refuses, False
        for kind, resource, shown in zip(*[iter(fields)] * 3, strict=False):
            self.use(kind, resource, shown)
        self.refuses = refuses
