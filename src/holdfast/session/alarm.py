"""How is code stopped that runs in this very process?"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType

__all__ = ["alarm"]


@contextlib.contextmanager
def alarm(seconds: float | None, ring: Callable[[], None]) -> Generator[None]:
    """Call `ring` and raise KeyboardInterrupt in this thread after `seconds`.

    In the main thread by a signal, which also ends a sleep; elsewhere between two
    bytecodes, so that a call into C is heard only when it returns.
    """
    if seconds is None:
        yield
    elif threading.current_thread() is threading.main_thread():
        with _by_signal(seconds, ring):
            yield
    else:
        with _by_timer(seconds, ring):
            yield


@contextlib.contextmanager
def _by_signal(seconds: float, ring: Callable[[], None]) -> Generator[None]:
    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        ring()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, on_alarm)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _by_timer(seconds: float, ring: Callable[[], None]) -> Generator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    is_over = False

    def on_alarm() -> None:
        with lock:
            if not is_over:
                ring()
                error = ctypes.py_object(KeyboardInterrupt)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)

    timer = threading.Timer(seconds, on_alarm)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            is_over = True
        timer.cancel()
        timer.join()
