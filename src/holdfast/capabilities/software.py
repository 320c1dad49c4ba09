"""What belongs to the machine's software, and is therefore no data that code touches?

The rule: to load code is to import it. The files of the interpreter, of installed
packages and of the system's libraries are never reads of the code that uses them, and
what a package does while it is being imported belongs to its import.
"""

# ruff: noqa: PTH110, PTH120 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["Software", "code_files", "is_own_name", "package_folders"]

# Libraries, the linker's cache, time zones, locales: what any program reads to come up.
SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/System/Library",
)
# How names of hosts become addresses, and whom to trust: for whoever may use the network.
NETWORK = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/run/systemd/resolve",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
# What tells an interpreter of its surroundings; reading it tells nothing of the user's data.
OWN_NAMES = frozenset(
    {"PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "TERM", "SYSTEMROOT", "PATHEXT"}
)
OWN_PREFIXES = ("LC_", "PYTHON", "HOLDFAST_", "COVERAGE_")
# Library code that asks on its caller's behalf.
PASSED_ON = ("os.py", "_collections_abc.py")

# Code that reads for itself: to show lines of a traceback, and to follow what was noted.
ON_THEIR_OWN = ("linecache.py", f"capabilities{os.sep}opened.py")


def is_own_name(name: str) -> bool:
    """Tell whether a variable of the environment is the interpreter's own business."""
    return name in OWN_NAMES or name.startswith(OWN_PREFIXES)


def package_folders() -> list[str]:
    """Return the folders from which the interpreter and installed packages are imported."""
    found = [os.path.dirname(os.__file__)]
    # lib-dynload and the packages; whatever else is on the path belongs to the user.
    named = ("site-packages", "dist-packages", "lib-dynload")
    found += [place for place in sys.path if place.rstrip(os.sep).endswith(named)]
    found += [
        place for place in sys.path if place.endswith(".zip") and place.startswith(sys.base_prefix)
    ]
    # holdfast itself, which may be installed as a link into its checkout.
    found.append(os.path.dirname(os.path.dirname(__file__)))
    return list(dict.fromkeys([*found, *(os.path.realpath(place) for place in found)]))


def code_files() -> list[str]:
    """Return the files of all imported modules that are no part of installed packages."""
    software = tuple(folder + os.sep for folder in package_folders())
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return sorted(
        {file for file in files if isinstance(file, str) and not file.startswith(software)}
    )


class Software:
    """Knows which files, and which calls, are the software's own."""

    def __init__(self, *, has_net: bool = False) -> None:
        self.folders = package_folders()
        self._code = tuple(folder + os.sep for folder in self.folders)
        self._standard = (os.path.dirname(os.__file__) + os.sep,)
        named = (*SYSTEM, *NETWORK) if has_net else SYSTEM
        system = [place for place in named if os.path.exists(place)]
        # The folders come with what they lead to.
        self.readable = list(
            dict.fromkeys([*self.folders, *system, *map(os.path.realpath, system)])
        )
        self.files = frozenset([*self.readable, *DEVICES])
        self._below = tuple(place + os.sep for place in self.readable)
        # Whose code a file name stands for: is it that of a library?
        self.known: dict[str, bool] = {}

    def owns(self, path: str) -> bool:
        """Tell whether a resolved path is a file of the software, or a folder of such files."""
        return path in self.files or path.startswith(self._below)

    def owns_all_below(self, folder: str) -> bool:
        """Tell whether a resolved folder is the software's, with all that lies in it."""
        return (folder + os.sep).startswith(self._below)

    def module_of(self, code: Any) -> str:
        """Return the first name of the module whose body this code is, "" for other code."""
        if getattr(code, "co_name", "") != "<module>":
            return ""
        file: str = code.co_filename
        below = [place for place in sys.path if place and file.startswith(place + os.sep)]
        if not below:
            return ""
        name = file[len(max(below, key=len)) + 1 :].partition(os.sep)[0].removesuffix(".py")
        return name if name.isidentifier() else ""

    def is_loading(self, frame: FrameType | None) -> bool:
        """Tell whether what happens in a frame belongs to an import rather than to its caller.

        Outward from the event: library code acts for whoever calls it, unless it is the
        import system itself, or the body of a module of a library.
        """
        while frame is not None:
            code = frame.f_code
            name = code.co_filename
            if name.startswith("<frozen importlib"):
                # Looking for a module and reading its code, not what its body does: that is
                # met before, on the way outward.
                return True
            if not self._is_library(name):
                return False
            if code.co_name == "<module>" or name.endswith(ON_THEIR_OWN):
                return True
            frame = frame.f_back
        return False

    def is_standard_caller(self, frame: FrameType | None) -> bool:
        """Tell whether the standard library asks for itself, rather than for its caller."""
        while frame is not None:
            name = frame.f_code.co_filename
            if not name.endswith(PASSED_ON) and not name.startswith("<frozen "):
                return name.startswith(self._standard) and "site-packages" not in name
            frame = frame.f_back
        return False

    def _is_library(self, name: str) -> bool:
        known = self.known.get(name)
        if known is None:
            known = self.known[name] = name.startswith((*self._code, "<frozen "))
        return known
