"""Which code is observed and confined? Small functions that touch one thing each."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from holdfast.capabilities.kernel import NUMBERS, machine


def read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def write_file(path: str) -> int:
    return Path(path).write_text("written", encoding="utf-8")


def list_folder(path: str) -> list[str]:
    return sorted(os.listdir(path))  # noqa: PTH208 - the event is what is looked for


def read_relative_to(folder: str, name: str) -> str:
    """Open a file by a name that is relative to a folder's descriptor."""
    at = os.open(folder, os.O_RDONLY)
    try:
        descriptor = os.open(name, os.O_RDONLY, dir_fd=at)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            return file.read()
    finally:
        os.close(at)


def read_after_chdir(folder: str, name: str) -> str:
    os.chdir(folder)
    return read_file(name)


def read_variable(name: str) -> str | None:
    return os.environ.get(name)


def set_variable(name: str) -> str:
    os.environ[name] = "x"
    return os.environ[name]


def copy_environment() -> bool:
    return bool(dict(os.environ))


def connect(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=5) as connection:
        return connection.recv(100).decode()


def connect_in_thread(host: str, port: int) -> list[str]:
    """Connect as code does that has other threads: the kernel tells the thread, not the process."""
    found: list[str] = []

    def work() -> None:
        try:
            found.append(connect(host, port))
        except OSError as error:
            found.append(type(error).__name__)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found


def connect_alone(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=10):
        return True


def connect_alone_in_thread(port: int) -> list[Any]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(connect_alone("127.0.0.1", port)))
    thread.start()
    thread.join()
    return found


def talk_over_a_pair() -> bytes:
    """Send and receive on sockets that are open: no audit event tells it."""
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"hello")
        return other.recv(5)


def listen(port: int) -> bool:
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        return server.getsockname()[1] > 0


def send_datagram(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"x", ("127.0.0.1", port))


def run_program(*argv: str) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def run_shell(command: str) -> int:
    return os.system(command)


def read_through_child(path: str) -> tuple[int, str]:
    """Let another program read a file."""
    return run_program("cat", path)


def open_database(path: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return len(connection.execute("select name from sqlite_master").fetchall())
    finally:
        connection.close()


def attach_database(path: str) -> bool:
    """Open a second file through SQL: no audit event tells it."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("attach database ? as other", (path,))
        connection.execute("create table if not exists other.t (n)")
        return True
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()


def call_foreign_code() -> int:
    return ctypes.CDLL(None).getpid()


def open_by_ctypes(path: str) -> int:
    """Open a file by the C library: the audit hook hears of the library, not of the file."""
    return _number(ctypes.CDLL(None, use_errno=True).open(path.encode(), os.O_RDONLY))


def connect_by_ctypes(port: int) -> int:
    """Connect by the C library; 0, or the number of the error."""
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.socket(2, 1, 0)
    if descriptor < 0:
        return ctypes.get_errno()
    address = (2).to_bytes(2, "little") + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    return _number(library.connect(descriptor, address, len(address)))


def send_datagram_by_ctypes(port: int) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.socket(2, 2, 0)
    if descriptor < 0:
        return ctypes.get_errno()
    address = (2).to_bytes(2, "little") + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    return _number(library.sendto(descriptor, b"x", 1, 0, address, len(address)))


def execute_by_ctypes(program: str) -> int:
    """Start a program by a system call of a forked process; its exit status, 126 where it was refused."""
    library = ctypes.CDLL(None, use_errno=True)
    argv = (ctypes.c_char_p * 2)(program.encode(), None)
    child = library.fork()
    if child == 0:
        library.execv(program.encode(), argv)
        library._exit(126)
    status = ctypes.c_int()
    library.waitpid(child, ctypes.byref(status), 0)
    return os.waitstatus_to_exitcode(status.value)


def getenv_by_ctypes(name: str) -> bool:
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_char_p
    return library.getenv(name.encode()) is not None


def trace_by_ctypes(pid: int) -> int:
    """Attach to another process as a debugger does; 0, or the number of the error."""
    library = ctypes.CDLL(None, use_errno=True)
    number = NUMBERS[machine()]["ptrace"]
    # PTRACE_SEIZE stops nobody; it ends with this process.
    return _number(library.syscall(number, 0x4206, pid, 0, 0))


def chmod_by_ctypes(path: str) -> int:
    return _number(ctypes.CDLL(None, use_errno=True).chmod(path.encode(), 0o600))


def _number(result: int) -> int:
    return ctypes.get_errno() if result < 0 else 0


def switch_the_hook_off(path: str) -> str:
    """Find the hook among all objects, put other code in its place, and read a file."""
    gc.unfreeze()
    for each in gc.get_objects():
        if getattr(each, "__qualname__", "").endswith("make_hook.<locals>.hook"):
            each.__code__ = _blank(each.__code__)
    return read_file(path)


def reach_the_watch(path: str) -> str:
    """Switch off what notes uses, by an object that leads to it, and read a file."""
    environ: Any = os.environ
    environ._data._note.__self__._handlers.clear()
    return read_file(path)


def _blank(code: Any) -> Any:
    """Return code that does nothing, with the same free variables."""
    names: dict[str, Any] = {}
    free = ", ".join(code.co_freevars)
    exec(f"def outer({free}):\n def hook(event, args):\n  return\n  ({free},)\n return hook", names)
    return names["outer"](*code.co_freevars).__code__


def read_in_forked_process(path: str) -> int:
    child = os.fork()
    if child == 0:
        try:
            read_file(path)
        except OSError:
            os._exit(13)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def spawn_by_multiprocessing(path: str) -> int:
    """Start a program as `multiprocessing` does: by a function that raises no event; 255 where it was refused."""
    return _spawn(b"/bin/cat", path.encode())


def run_from_memory(program: str) -> int:
    """Start a program from a file in memory, which no path leads to; the number of the error, 255 where it did not start."""
    try:
        memory = os.memfd_create("program", 0)
    except OSError as error:
        return error.errno or -1
    os.write(memory, Path(program).read_bytes())
    return _spawn(f"/proc/self/fd/{memory}".encode())


def _spawn(*argv: bytes) -> int:
    _posixsubprocess = __import__("_posixsubprocess")
    read, write = os.pipe()
    arguments: list[Any] = [
        list(argv),
        [argv[0]],
        False,
        (),
        None,
        None,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        read,
        write,
        False,
        False,
        -1,
        None,
        None,
        None,
        -1,
        None,
        False,
    ]
    child = _posixsubprocess.fork_exec(*arguments[: 21 if sys.version_info < (3, 11) else 23])
    os.close(write)
    told = os.read(read, 1000)
    os.close(read)
    _, status = os.waitpid(child, 0)
    return 255 if told else os.waitstatus_to_exitcode(status)


def connect_below_socket(port: int) -> int:
    """Connect by the class below `socket.socket`, which tools that replace that do not see; the number of the error."""
    try:
        bare = __import__("_socket").socket(2, 1, 0)
    except OSError as error:
        return error.errno or -1
    try:
        return int(bare.connect_ex(("127.0.0.1", port)))
    finally:
        bare.close()


def connect_through_child(port: int) -> int:
    """Let another interpreter connect; the number of its error."""
    code = (
        "import socket, sys\n"
        f"try:\n socket.create_connection(('127.0.0.1', {port}), 5)\n"
        "except OSError as error:\n sys.exit(error.errno)"
    )
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


def call_the_kernel_as_holdfast_did(path: str) -> int:
    """Open a file by what holdfast itself called the kernel with, without `ffi`."""
    call = sys.modules["holdfast.capabilities.kernel"].call
    return int(call("open", path.encode(), os.O_RDONLY))


def loop_for_ever() -> None:
    while True:
        pass


def look_at(path: str) -> bool:
    """Ask whether a file exists: no audit event tells it."""
    return Path(path).exists()


def read_posix_environment(name: str) -> bool:
    """Read the environment where the wrapper is not."""
    return name.encode() in __import__("posix").environ


def link_and_read(link: str, target: str) -> str:
    """Read a file through a link that is gone afterwards."""
    Path(link).symlink_to(target)
    text = read_file(link)
    Path(link).unlink()
    return text


def swallow_the_refusal(path: str) -> str:
    try:
        return read_file(path)
    except OSError:
        return "went on"


def raise_error(message: str) -> None:
    raise ValueError(message)


def read_and_raise(path: str, message: str) -> None:
    read_file(path)
    raise_error(message)


def add(one: int, two: int) -> int:
    return one + two


def import_numpy() -> str:
    return __import__("numpy").__name__


def import_by_function() -> str:
    """Import a package as plug-ins are: no event `import` is raised."""
    return importlib.import_module("sortedcontainers").__name__


def import_json() -> str:
    return __import__("tomllib").__name__
