"""Does a process of this machine work on a run now, and since when?"""

from __future__ import annotations

import psutil

from holdfast.process.reaper_client import SCRIPT

__all__ = ["working_since"]


def working_since(run_id: str) -> float | None:
    """Return when work on a run began (seconds of the calendar clock), None where nothing works on it.

    Told by the run's reaper, which lives exactly as long as the process it serves.
    """
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if words and words[-1] == run_id and str(SCRIPT) in words:
                return process.create_time()
        except psutil.Error:
            # It has ended meanwhile, or belongs to someone else: then it is not this run's.
            continue
    return None
