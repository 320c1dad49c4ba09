"""Who decides to which addresses a confined process connects? A process beside it.

The kernel stops each `connect` and `bind` of the confined one and asks. The broker
reads the address from its memory, compares it with what is granted, and makes the call
itself, on a copy of the socket and of the address: what another thread writes there
meanwhile changes nothing. https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
from _thread import start_new_thread

from holdfast.capabilities.kernel import NUMBERS, call, machine, prctl, syscall
from holdfast.capabilities.resource import format_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Allows = Callable[[str], bool]

__all__ = ["read_address", "start_broker"]

_PR_SET_PTRACER = 0x59616D61
_NOTIF_RECV = 0xC0502100
_NOTIF_SEND = 0xC0182101
_NOTIF_ID_VALID = 0x40082102
_AF_INET = 2
_AF_INET6 = 10


class _Data(ctypes.Structure):
    _fields_ = [
        ("nr", ctypes.c_int),
        ("arch", ctypes.c_uint32),
        ("instruction_pointer", ctypes.c_uint64),
        ("args", ctypes.c_uint64 * 6),
    ]


class _Request(ctypes.Structure):
    _fields_ = [
        ("id", ctypes.c_uint64),
        ("pid", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("data", _Data),
    ]


class _Response(ctypes.Structure):
    _fields_ = [
        ("id", ctypes.c_uint64),
        ("val", ctypes.c_int64),
        ("error", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
    ]


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def start_broker(allows: Allows, install: Callable[[], int]) -> None:
    """Start the broker, then `install` the filter and hand its listener over.

    The broker is a grandchild, so that the confined process never waits for it, and ends
    with the last process that is filtered.

    Raises:
        OSError: the kernel refuses.
    """
    ours_read, theirs_write = os.pipe()
    theirs_read, ours_write = os.pipe()
    confined = os.getpid()
    child = os.fork()
    if child == 0:
        _become_broker(allows, confined, (theirs_read, theirs_write))
    os.close(theirs_read)
    os.close(theirs_write)
    try:
        os.waitpid(child, 0)
        broker = int.from_bytes(os.read(ours_read, 8), "big")
        _let_read(broker)
        listener = install()
        os.write(ours_write, listener.to_bytes(8, "big"))
        has_it = os.read(ours_read, 1) == b"1"
        os.close(listener)
        if not has_it:
            raise OSError(errno.EPERM, "the broker could not take the listener")
    finally:
        os.close(ours_read)
        os.close(ours_write)


def _let_read(broker: int) -> None:
    """Let the broker read our memory where the Yama module would not."""
    try:
        prctl(_PR_SET_PTRACER, broker)
    except OSError as error:
        if error.errno != errno.EINVAL:  # no Yama here
            raise


def _become_broker(allows: Allows, confined: int, ours: tuple[int, int]) -> None:
    """Fork once more, so that it is nobody's child, and serve; never returns."""
    try:
        if os.fork():
            os._exit(0)
        source, target = ours
        _let_go(keep=(source, target))
        os.write(target, os.getpid().to_bytes(8, "big"))
        number = int.from_bytes(os.read(source, 8), "big")
        if not number:
            os._exit(1)
        process = syscall("pidfd_open", confined, 0)
        listener = syscall("pidfd_getfd", process, number, 0)
        os.close(process)
        os.write(target, b"1")
        os.close(source)
        os.close(target)
        _serve(listener, allows)
    finally:
        os._exit(1)


def _let_go(keep: tuple[int, int]) -> None:
    """Keep nothing of the confined process: neither its pipes nor the signals of its terminal."""
    os.setsid()
    low, high = sorted(keep)
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, os.sysconf("SC_OPEN_MAX"))
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _serve(listener: int, allows: Allows) -> None:
    """Answer until the last filtered process is gone."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        for _, event in poll.poll():
            if not event & select.POLLIN:
                return
            request = _Request()
            try:
                call("ioctl", listener, ctypes.c_ulong(_NOTIF_RECV), ctypes.byref(request))
            except OSError as error:
                if error.errno in {errno.EINTR, errno.ENOENT}:  # the caller was killed meanwhile
                    continue
                raise
            # A connection may take its time; others must not wait for it.
            start_new_thread(_answer, (listener, request, allows))


def _answer(listener: int, request: _Request, allows: Allows) -> None:
    response = _Response(id=request.id, val=0, error=0, flags=0)
    try:
        _carry_out(listener, request, allows)
    except OSError as error:
        response.error = -(error.errno or errno.EACCES)
    try:
        call("ioctl", listener, ctypes.c_ulong(_NOTIF_SEND), ctypes.byref(response))
    except OSError as error:
        if error.errno != errno.ENOENT:  # nobody waits for the answer any more
            raise


def _carry_out(listener: int, request: _Request, allows: Allows) -> None:
    number, base, size = request.data.args[0], request.data.args[1], request.data.args[2]
    address = _read_memory(request.pid, base, min(size, 128))
    resource = read_address(address)
    if not resource or not allows(resource):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    process = syscall("pidfd_open", _process_of(request.pid), 0)
    try:
        socket = syscall("pidfd_getfd", process, number, 0)
    finally:
        os.close(process)
    try:
        # The number may have been given to another process meanwhile.
        identity = ctypes.c_uint64(request.id)
        call("ioctl", listener, ctypes.c_ulong(_NOTIF_ID_VALID), ctypes.byref(identity))
        name = "connect" if request.data.nr == NUMBERS[machine()]["connect"] else "bind"
        call(name, socket, address, len(address))
    finally:
        os.close(socket)


def _process_of(thread: int) -> int:
    """Return the process of a thread: the kernel tells who called, not to whom it belongs."""
    status = os.open(f"/proc/{thread}/status", os.O_RDONLY)
    try:
        text = os.read(status, 4096)
    finally:
        os.close(status)
    return int(text.partition(b"Tgid:")[2].split(maxsplit=1)[0])


def _read_memory(pid: int, base: int, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    mine = _Vector(ctypes.addressof(buffer), size)
    theirs = _Vector(base, size)
    read = syscall("process_vm_readv", pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
    return buffer.raw[:read]


def read_address(data: bytes) -> str:
    """Return `host:port` of a socket address as the kernel has it, or "".

    >>> read_address(bytes([2, 0, 0, 80, 127, 0, 0, 1]) + bytes(8))
    '127.0.0.1:80'
    """
    family = int.from_bytes(data[:2], "little")
    port = int.from_bytes(data[2:4], "big")
    if family == _AF_INET and len(data) >= 8:
        return format_address(".".join(map(str, data[4:8])), port)
    if family == _AF_INET6 and len(data) >= 24:
        return format_address(_show_v6(data[8:24]), port)
    return ""


def _show_v6(packed: bytes) -> str:
    """Return an address as Python shows it; one that holds a version 4 address as that."""
    if packed[:12] == bytes(10) + b"\xff\xff":
        return ".".join(map(str, packed[12:]))
    words = [int.from_bytes(packed[i : i + 2], "big") for i in range(0, 16, 2)]
    best = start = length = 0
    for at in range(8):
        run = 0
        while at + run < 8 and words[at + run] == 0:
            run += 1
        if run > max(length, 1):
            start, length = at, run
            best = 1
    if not best:
        return ":".join(f"{word:x}" for word in words)
    head = ":".join(f"{word:x}" for word in words[:start])
    tail = ":".join(f"{word:x}" for word in words[start + length :])
    return f"{head}::{tail}"
