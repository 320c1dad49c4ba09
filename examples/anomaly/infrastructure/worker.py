"""Where do background jobs run?"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)

# One training at a time leaves the other core to requests.
WORKERS = 1


class Worker:
    """The port `JobQueue` on a thread; `close` waits for the running job and drops the others."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run
        self._threads = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="training")

    def submit(self, job_id: str) -> None:
        """Queue a job."""
        self._threads.submit(self._run, job_id).add_done_callback(_report)

    def close(self) -> None:
        """Stop: what waits stays pending, and the next start of the service fails it."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _report(done: Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("a job ended without an answer", exc_info=error)


__all__ = ["Worker"]
