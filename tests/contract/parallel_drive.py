"""Drives a map whose decisions are scripted, so that each way through it can be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.parallel.books import Books
from holdfast.parallel.decide import Choice, Outlook
from holdfast.parallel.drive import Drive
from holdfast.parallel.job import make_job
from holdfast.parallel.progress import Progress


def scripted(*choices: tuple[str, int]) -> Callable[[Outlook], Choice]:
    """Return a decider that answers from a list, and stays with the last."""
    answers = list(choices)

    def decide(_: Outlook) -> Choice:
        executor, workers = answers.pop(0) if len(answers) > 1 else answers[0]
        return Choice(executor=executor, workers=workers, reason="scripted")  # type: ignore[arg-type]

    return decide


def drive(
    func: Any, data: Any, *choices: tuple[str, int], **options: Any
) -> tuple[list[Any], Drive]:
    """Run a map as scripted; give the results and the drive, which has the books."""
    books = Books()
    options.setdefault("start_method", "fork")
    job = make_job(func, data, sample_s=1e-6, **options)
    progress = Progress(None, verbose=False, warn=books.warn)
    driver = Drive(job, progress, books, scripted(*choices))
    found: dict[int, Any] = {}
    for start, values in driver.blocks():
        for at, value in enumerate(values, start):
            assert at not in found
            found[at] = value
    return [found[at] for at in sorted(found)], driver
