"""How does one ask the Linux kernel what the standard library has no function for?"""

from __future__ import annotations

import _ctypes
import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "NUMBERS",
    "blank",
    "call",
    "forget_functions",
    "machine",
    "part",
    "pointer_to",
    "prctl",
    "syscall",
    "texts_at",
]

# Linux numbers its newer calls alike everywhere; the older ones differ by machine.
_NEW = {
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "mount_setattr": 442,
}

NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        **_NEW,
        "socket": 41,
        "connect": 42,
        "sendto": 44,
        "sendmsg": 46,
        "bind": 49,
        "ptrace": 101,
        "pivot_root": 155,
        "mount": 165,
        "umount2": 166,
        "reboot": 169,
        "init_module": 175,
        "delete_module": 176,
        "kexec_load": 246,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "open_by_handle_at": 304,
        "sendmmsg": 307,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "finit_module": 313,
        "memfd_create": 319,
        "seccomp": 317,
        "bpf": 321,
        "kexec_file_load": 320,
        "userfaultfd": 323,
    },
    "aarch64": {
        **_NEW,
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "unshare": 97,
        "kexec_load": 104,
        "init_module": 105,
        "delete_module": 106,
        "ptrace": 117,
        "reboot": 142,
        "socket": 198,
        "bind": 200,
        "connect": 203,
        "sendto": 206,
        "sendmsg": 211,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "perf_event_open": 241,
        "open_by_handle_at": 265,
        "setns": 268,
        "sendmmsg": 269,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "finit_module": 273,
        "memfd_create": 279,
        "seccomp": 277,
        "bpf": 280,
        "userfaultfd": 282,
        "kexec_file_load": 294,
    },
}
# The package `ctypes` around this module takes a fifth of a bare start to import.
_C: Any = _ctypes


class _Int(_C._SimpleCData):  # noqa: SLF001 - `ctypes.c_int`
    _type_ = "i"


class _Long(_C._SimpleCData):  # noqa: SLF001 - `ctypes.c_long`
    _type_ = "l"


class _Text(_C._SimpleCData):  # noqa: SLF001 - `ctypes.c_char_p`
    _type_ = "z"


class _Pointer(_C._SimpleCData):  # noqa: SLF001 - `ctypes.c_void_p`
    _type_ = "P"


class _Byte(_C._SimpleCData):  # noqa: SLF001 - `ctypes.c_char`
    _type_ = "c"


class _Function(_C.CFuncPtr):
    _flags_ = _C.FUNCFLAG_CDECL | _C.FUNCFLAG_USE_ERRNO
    _restype_ = _Int


_functions: dict[str, Any] = {}


def part(name: str) -> Any:
    """Return a module of this package that few children need: each costs what is not there to spend."""
    return __import__(f"holdfast.capabilities.{name}", fromlist=[name])


def machine() -> str:
    """Return the machine whose system calls are known here, or ""."""
    if not sys.platform.startswith("linux"):
        return ""
    name = os.uname().machine
    # A 32-bit interpreter on a 64-bit kernel makes other calls.
    return name if name in NUMBERS and sys.maxsize > 2**32 else ""


def call(name: str, *arguments: Any) -> int:
    """Call a function of the C library; bytes are passed as a pointer to them.

    Raises:
        OSError: it returned -1.
    """
    function = _functions.get(name)
    if function is None:
        function = _functions[name] = _Function(_find(name))
    result: int = function(*arguments)
    if result == -1:
        number = _C.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def forget_functions() -> None:
    """Keep no function of the C library at hand: to find one again is to use `ffi`."""
    _functions.clear()


def syscall(name: str, *arguments: Any) -> int:
    """Make a system call by its name; numbers are passed as 64 bits.

    Raises:
        OSError: it failed; ENOSYS where this machine does not have it.
    """
    numbers = NUMBERS.get(machine())
    if numbers is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
    wide = [_Long(each) if isinstance(each, int) else each for each in arguments]
    return call("syscall", _Long(numbers[name]), *wide)


def prctl(option: int, value: int = 0) -> int:
    """Set a property of this process (PR_... of linux/prctl.h)."""
    zero = _Long(0)
    return call("prctl", option, _Long(value), zero, zero, zero)


def pointer_to(data: bytes) -> bytes:
    """Return the address of some bytes as a structure holds it; it is good while they are kept."""
    return bytes(_Text(data))


def texts_at(name: str) -> list[tuple[int, bytes]]:
    """Return a list of texts that the C library has by this name: where each lies, and what it is."""
    at: int = _Pointer.from_address(_find(name)).value or 0
    found: list[tuple[int, bytes]] = []
    while at and (place := _Pointer.from_address(at).value):
        found.append((place, _Text.from_address(at).value))
        at += _C.sizeof(_Pointer)
    return found


def blank(place: int, size: int) -> None:
    """Overwrite memory of this process with zeros."""
    byte: Any = _Byte
    (byte * size).from_address(place).raw = bytes(size)


def _find(name: str) -> int:
    place: int = _C.dlsym(_C.dlopen(None, 0), name)
    return place
