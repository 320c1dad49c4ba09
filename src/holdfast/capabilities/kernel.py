"""How does one ask the Linux kernel what the standard library has no function for?"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["NUMBERS", "call", "machine", "part", "prctl", "syscall"]

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
        "seccomp": 277,
        "bpf": 280,
        "userfaultfd": 282,
        "kexec_file_load": 294,
    },
}

_libc: Any = None


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
    """Call a function of the C library.

    Raises:
        OSError: it returned -1.
    """
    global _libc  # noqa: PLW0603 - loaded where it is first needed, and only on Linux
    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
    result: int = getattr(_libc, name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def syscall(name: str, *arguments: Any) -> int:
    """Make a system call by its name; numbers are passed as 64 bits.

    Raises:
        OSError: it failed; ENOSYS where this machine does not have it.
    """
    numbers = NUMBERS.get(machine())
    if numbers is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return call("syscall", ctypes.c_long(numbers[name]), *wide)


def prctl(option: int, value: int = 0) -> int:
    """Set a property of this process (PR_... of linux/prctl.h)."""
    zero = ctypes.c_ulong(0)
    return call("prctl", option, ctypes.c_ulong(value), zero, zero, zero)
