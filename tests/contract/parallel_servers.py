"""The processes that multiprocessing keeps for good: started before the tests, ended after."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker, util
from typing import Any

import pytest

from tests.contract.parallel_kit import METHODS


def keep_servers() -> Iterator[None]:
    """Start the helpers that multiprocessing keeps for good, and end them afterwards.

    New interpreters go unmeasured: measuring adds 0.2 s to the start of each, and there
    are hundreds. Copies are measured, and run the same code.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        # Else each new interpreter would import pytest, as the main module.
        patch.setattr(sys.modules["__main__"], "__spec__", None)
        patch.delattr(sys.modules["__main__"], "__file__", raising=False)
        resource_tracker.ensure_running()
        if "forkserver" in METHODS:
            multiprocessing.set_forkserver_preload(["holdfast.parallel.worker"])
            forkserver.ensure_running()
        yield
    server: Any = getattr(forkserver, "_forkserver", None)
    if "forkserver" in METHODS and server is not None:
        server._stop()
    tracker: Any = resource_tracker._resource_tracker
    tracker._stop()
    # The server's folder is gone with the session's, before multiprocessing would remove it.
    for finalizer in list(util._finalizer_registry.values()):
        if getattr(finalizer, "_callback", None) is util._remove_temp_dir:
            finalizer()
