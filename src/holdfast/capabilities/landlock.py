"""How does the kernel hold this process to some files and programs? By Landlock, Linux 5.13 and later.

https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of
linux/landlock.h. What is laid upon a thread cannot be taken off again, and its children
inherit it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from holdfast.capabilities.kernel import machine, syscall

__all__ = ["EXECUTE", "READ", "READ_DIR", "READ_FILE", "WRITE", "abi_version", "restrict"]

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
READ = READ_FILE | READ_DIR
# Bits 4 to 12 make and remove entries, 13 moves them from one folder to another.
WRITE = WRITE_FILE | TRUNCATE | sum(1 << bit for bit in range(4, 14))
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0
_SCOPE_SIGNAL = 1 << 1
_VERSION = 1 << 0
_PATH_BENEATH = 1


def abi_version() -> int:
    """Return the version of Landlock's interface, 0 where there is none."""
    if not machine():
        return 0
    try:
        return syscall("landlock_create_ruleset", None, 0, _VERSION)
    except OSError:
        return 0


def restrict(handled: int, rules: dict[str, int], *, is_scoped: bool) -> None:
    """Take all access in `handled` from this thread, but for the paths in `rules`.

    A path that does not exist is left out: nothing is allowed there. With `is_scoped`
    it can also send no signal to a process outside (from interface version 6 on). The
    caller has set "no new privileges".

    Raises:
        OSError: the kernel refuses.
    """
    version = abi_version()
    scoped = _SCOPE_SIGNAL | _SCOPE_ABSTRACT_UNIX_SOCKET if is_scoped and version >= 6 else 0
    # Each version takes as much of the structure as it knows.
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    descriptor = syscall("landlock_create_ruleset", _ruleset(handled, scoped), size, 0)
    try:
        for path, access in rules.items():
            _allow(descriptor, path, access & handled)
        syscall("landlock_restrict_self", descriptor, 0)
    finally:
        os.close(descriptor)


def _allow(ruleset: int, path: str, access: int) -> None:
    if not access:
        return
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP}:
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(target).st_mode):
            access &= _ON_FILES
        if access:
            rule = _path_beneath(access, target)
            syscall("landlock_add_rule", ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(target)


def _ruleset(handled: int, scoped: int) -> bytes:
    """Return `struct landlock_ruleset_attr`: access to files, to the network (none), scopes."""
    return b"".join(each.to_bytes(8, sys.byteorder) for each in (handled, 0, scoped))


def _path_beneath(access: int, target: int) -> bytes:
    """Return `struct landlock_path_beneath_attr`, which is packed."""
    return access.to_bytes(8, sys.byteorder) + target.to_bytes(4, sys.byteorder)
