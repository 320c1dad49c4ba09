"""How does the kernel refuse system calls of this process? By a seccomp filter.

A small program for the kernel's classic BPF machine, made here. It looks at numbers
and arguments only, never at memory, so that no other thread can change what it judged.
"""

from __future__ import annotations

import errno
import sys

from holdfast.capabilities.kernel import NUMBERS, machine, pointer_to, syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Net = Literal["all", "some", "none"]

__all__ = ["can_filter", "can_notify", "install"]

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW = 0x7FFF0000
_NOTIFY = 0x7FC00000
_ERRNO = 0x00050000
_SET_MODE_FILTER = 1
_GET_ACTION_AVAIL = 2
_NEW_LISTENER = 1 << 3
_MSG_FASTOPEN = 0x20000000
# Linux 6.3: before it, the flag itself is refused.
_MFD_NOEXEC_SEAL = 8
_AF_INET = 2
_AF_INET6 = 10
_SOCK_STREAM = 1
# Offsets in struct seccomp_data: number, architecture, then 8 bytes per argument.
_AT_NUMBER = 0
_AT_ARCH = 4

# Ways around the rest: other processes' memory, queues that make system calls for their
# owner, new namespaces and mounts, the kernel itself.
NEVER = (
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "userfaultfd",
    "bpf",
    "perf_event_open",
    "open_by_handle_at",
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "mount_setattr",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "add_key",
    "request_key",
    "keyctl",
)


def can_filter() -> bool:
    """Tell whether this kernel takes filters, for a machine whose numbers are known."""
    return _has_action(_ERRNO)


def can_notify() -> bool:
    """Tell whether a filter can ask another process."""
    return _has_action(_NOTIFY)


def _has_action(action: int) -> bool:
    if not machine():
        return False
    try:
        syscall("seccomp", _GET_ACTION_AVAIL, 0, action.to_bytes(4, sys.byteorder))
    except OSError:
        return False
    return True


def install(net: Net, *, has_run: bool) -> int:
    """Filter this thread's system calls from now on; return the listener where `net` is "some".

    `none`: no sockets but pairs. `some`: TCP alone, and who listens is asked about every
    address. Without `has_run` no file can be made that is executed without having a path,
    by which Landlock would know it. The caller has set "no new privileges".

    Raises:
        OSError: the kernel refuses.
    """
    instructions = _write_program(net, has_run=has_run)
    code = b"".join(_pack(each) for each in instructions)
    # `struct sock_fprog`: the length in 2 bytes, 6 of padding, where the program lies.
    program = len(instructions).to_bytes(8, sys.byteorder) + pointer_to(code)
    flags = _NEW_LISTENER if net == "some" else 0
    return syscall("seccomp", _SET_MODE_FILTER, flags, program)


def _pack(instruction: tuple[int, int, int, int]) -> bytes:
    """Return `struct sock_filter`: 2 bytes, 1, 1 and 4."""
    code, if_so, if_not, constant = instruction
    # These machines are little-endian.
    return (code | if_so << 16 | if_not << 24 | constant << 32).to_bytes(8, "little")


def _write_program(net: Net, *, has_run: bool = True) -> list[tuple[int, int, int, int]]:
    numbers = NUMBERS[machine()]
    refuse = _return(_ERRNO | errno.EPERM)
    program = [
        _load(_AT_ARCH),
        *_unless(_AUDIT_ARCH[machine()], refuse),
        _load(_AT_NUMBER),
    ]
    if machine() == "x86_64":
        # The x32 calls have this bit, and other numbers.
        program += [(0x35, 0, 1, 0x40000000), refuse]
    for name in NEVER:
        program += _when(numbers[name], [refuse])
    if not has_run:
        program += _when(numbers["memfd_create"], _sealed_memory())
    if net == "none":
        program += _when(numbers["socket"], [_return(_ERRNO | errno.EACCES)])
    elif net == "some":
        program += _write_some(numbers)
    return [*program, _return(_ALLOW)]


def _sealed_memory() -> list[tuple[int, int, int, int]]:
    """Allow a file in memory only if it can never be executed."""
    return [
        _load(_argument(1)),
        (0x45, 0, 1, _MFD_NOEXEC_SEAL),
        _return(_ALLOW),
        _return(_ERRNO | errno.EACCES),
    ]


def _write_some(numbers: dict[str, int]) -> list[tuple[int, int, int, int]]:
    """Allow TCP sockets alone, ask about `connect` and `bind`, refuse other ways to name an address."""
    refuse = _return(_ERRNO | errno.EACCES)
    socket = [
        _load(_argument(1)),
        # The type without SOCK_NONBLOCK and SOCK_CLOEXEC.
        (0x54, 0, 0, 0xF),
        *_unless(_SOCK_STREAM, refuse),
        _load(_argument(0)),
        *_when(_AF_INET, [_return(_ALLOW)]),
        *_when(_AF_INET6, [_return(_ALLOW)]),
        refuse,
    ]
    program = _when(numbers["socket"], socket)
    for name in ("connect", "bind"):
        program += _when(numbers[name], [_return(_NOTIFY)])
    # To connect and send in one.
    for name, index in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        fast = [
            _load(_argument(index)),
            (0x45, 0, 1, _MSG_FASTOPEN),
            refuse,
            _return(_ALLOW),
        ]
        program += _when(numbers[name], fast)
    return program


def _argument(index: int) -> int:
    """Return the offset of an argument's lower half (these machines are little-endian)."""
    return 16 + 8 * index


def _load(offset: int) -> tuple[int, int, int, int]:
    return (0x20, 0, 0, offset)


def _return(action: int) -> tuple[int, int, int, int]:
    return (0x06, 0, 0, action)


def _when(value: int, then: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Do `then`, which returns, where the loaded word is `value`."""
    return [(0x15, 0, len(then), value), *then]


def _unless(value: int, then: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    return [(0x15, 1, 0, value), then]
