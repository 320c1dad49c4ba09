"""Which capability does an audit event of the interpreter stand for?

The names and arguments are those of "Audit events table" in the Python documentation.
An event that is not named here needs no capability, or is told by another one as well
(`shutil.rmtree` by its `os.remove`s).
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "ADDRESSES",
    "ENTRIES",
    "FOREIGN",
    "LOOKUPS",
    "PATHS",
    "PROGRAMS",
    "SYSTEM",
    "database_path",
    "foreign_name",
    "wanted_access",
]

# event: (argument with the path, kinds, argument with the folder's descriptor or None) each
PATHS: dict[str, tuple[tuple[int, str, int | None], ...]] = {
    "os.listdir": ((0, "read", None),),
    "os.scandir": ((0, "read", None),),
    "os.getxattr": ((0, "read", None),),
    "os.listxattr": ((0, "read", None),),
    "os.mkdir": ((0, "write", 2),),
    "os.rmdir": ((0, "write", 1),),
    "os.remove": ((0, "write", 1),),
    "os.rename": ((0, "read write", 2), (1, "write", 3)),
    "os.link": ((0, "read write", 2), (1, "write", 3)),
    "os.symlink": ((1, "write", 2),),
    "os.truncate": ((0, "write", None),),
    "os.chmod": ((0, "write", 2),),
    "os.chown": ((0, "write", 3),),
    "os.utime": ((0, "write", 3),),
    "os.chflags": ((0, "write", None),),
    "os.setxattr": ((0, "write", None),),
    "os.removexattr": ((0, "write", None),),
    "os.lchmod": ((0, "write", None),),
    "os.lchown": ((0, "write", None),),
    "_winapi.CreateFile": ((0, "read write", None),),
}

# event: argument with the program, argument with its working folder or None
PROGRAMS: dict[str, tuple[int, int | None]] = {
    "subprocess.Popen": (0, 2),
    "os.exec": (0, None),
    "os.posix_spawn": (0, None),
    "os.spawn": (1, None),
    "os.startfile": (0, None),
}

# the first argument is the socket, the second the address
ADDRESSES = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})

# the first argument is the host, the second perhaps the port
LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})

SYSTEM: dict[str, str] = {
    "socket.gethostname": "hostname",
    "socket.sethostname": "hostname",
    "os.kill": "kill",
    "os.killpg": "kill",
    "signal.pthread_kill": "kill",
    "os.fork": "fork",
    "os.forkpty": "fork",
    # The ways by which code finds the monitor that watches it, or watches others.
    "gc.get_objects": "introspect",
    "gc.get_referrers": "introspect",
    "gc.get_referents": "introspect",
    "sys.settrace": "trace",
    "sys.setprofile": "trace",
    "sys.monitoring.register_callback": "trace",
    "resource.setrlimit": "limits",
    "resource.prlimit": "limits",
    "syslog.openlog": "log",
    "syslog.syslog": "log",
    "syslog.setlogmask": "log",
    "winreg.OpenKey": "registry",
    "winreg.ConnectRegistry": "registry",
}

FOREIGN = frozenset(
    {
        "ctypes.dlopen",
        "ctypes.dlsym",
        "ctypes.dlsym/handle",
        "ctypes.call_function",
        "ctypes.cdata",
        "ctypes.cdata/buffer",
        "ctypes.string_at",
        "ctypes.wstring_at",
        "sqlite3.enable_load_extension",
        "sqlite3.load_extension",
        "os.add_dll_directory",
    }
)

# What these do happens to the entry of a folder, also where that is a link.
ENTRIES = frozenset({"os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.symlink", "os.lchown"})

_CHANGES = os.O_CREAT | os.O_TRUNC


def wanted_access(flags: int) -> tuple[str, ...]:
    """Return the kinds that opening a file with these flags takes.

    >>> wanted_access(os.O_RDONLY), wanted_access(os.O_RDONLY | os.O_CREAT)
    (('read',), ('read', 'write'))
    """
    if flags & os.O_RDWR:
        return ("read", "write")
    if flags & os.O_WRONLY:
        return ("write",)
    return ("read", "write") if flags & _CHANGES else ("read",)


def foreign_name(event: str, args: tuple[Any, ...]) -> str:
    """Return the library that an event of foreign code is about, "self" for the interpreter's own."""
    named: Any = args[0] if args else None
    name: Any = getattr(named, "_name", named)
    if event.startswith("sqlite3."):
        name = args[1] if event.endswith("load_extension") and len(args) > 1 else "sqlite3"
    return name if isinstance(name, str) and name else "self"


def database_path(named: Any) -> str:
    """Return the file of a database, "" for one in memory."""
    path = os.fsdecode(named)
    if path.startswith("file:"):
        path, _, query = path[5:].partition("?")
        if "mode=memory" in query:
            return ""
    return "" if path == ":memory:" else path
