"""Does a function leak? `leakcheck`, and the steps that it shares with the driver `leak`."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import cloudpickle  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec

from holdfast.errors import UsageError
from holdfast.measure.leak_child import Answer
from holdfast.measure.leak_count import LeakRequest
from holdfast.measure.leak_rule import LEAST_CHECKPOINTS
from holdfast.measure.leak_sites import Sites
from holdfast.measure.leak_steps import TargetFailed, leak_steps
from holdfast.model.leak import CHANNELS, LeakReport
from holdfast.text.suggest import did_you_mean

__all__ = [
    "MEASURE",
    "LeakMeasure",
    "check_options",
    "leakcheck",
    "read_answer",
]

_dump_by_value: Callable[[Any], bytes] = cast("Any", cloudpickle).dumps
CHILD = ("-m", "holdfast.measure.leak_child")
# One arena and one seed: fewer ways in which two runs of the same code may differ.
ENVIRONMENT: Mapping[str, str] = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"}


def leakcheck(
    target: str | Callable[[], Any],
    *,
    iterations: int = 1200,
    checkpoints: int = 12,
    channels: str | Sequence[str] = "all",
    confirm: bool = True,
) -> LeakReport:
    """Call a target again and again in a process of its own and tell whether anything stays.

    `target` is `module:function` or a callable without arguments, sync or async; a
    coroutine function is awaited inside one loop. It is called `iterations` times, with
    a look at every channel at each of the `checkpoints`; the first third is warm-up. What
    seems to grow is called three times as often again (`confirm`) before it is called a
    leak, and then the lines that allocate it are sought: under tracemalloc, and under
    memray, where it is installed, what C code holds. What grows without proof is
    `undecided`.

    `channels` are some of `blocks` (Python objects), `rss`, `heap` (of C code), `fds`,
    `threads`, `children`, `tasks`, `files` (temporary ones), or "all".

    Raises:
        UsageError: the options cannot mean anything, or the target raised.

    >>> kept = []
    >>> def keeps_everything():
    ...     kept.append(bytearray(1000))
    >>> leakcheck(keeps_everything, iterations=240).status
    'leaks'
    """
    options = check_options(
        {
            "iterations": iterations,
            "checkpoints": checkpoints,
            "channels": channels,
            "confirm": confirm,
        }
    )
    with tempfile.TemporaryDirectory(prefix="holdfast-leak-") as folder:
        request = LeakRequest(folder=folder, root=str(Path.cwd()), **_target(target), **options)
        steps = leak_steps(request)
        answer: Answer | None = None
        while True:
            try:
                wanted = steps.send(answer)  # type: ignore[arg-type]
            except StopIteration as end:
                report: LeakReport = end.value
                return report
            answer = _ask(wanted)


def check_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a check, complete.

    Raises:
        UsageError: one of them cannot mean anything.
    """
    known = ("iterations", "checkpoints", "channels", "confirm")
    for name in raw:
        if name not in known:
            raise UsageError(
                f"no such option {name!r} of a leak check{did_you_mean(name, known)}",
                hint=f"known: {', '.join(known)}",
            )
    checkpoints = _whole(raw, "checkpoints", 12, LEAST_CHECKPOINTS)
    iterations = _whole(raw, "iterations", 1200, checkpoints)
    confirm = raw.get("confirm", True)
    if not isinstance(confirm, bool):
        raise UsageError(f"confirm must be true or false, got {confirm!r}")
    return {
        "iterations": iterations,
        "checkpoints": checkpoints,
        "channels": _channels(raw.get("channels", "all")),
        "confirm": confirm,
    }


def read_answer(stdout: bytes, *, status: int, stderr: str) -> Answer:
    """Read what a child answered.

    Raises:
        UsageError: it died without an answer.
    """
    try:
        return msgspec.json.decode(stdout, type=Answer)
    except msgspec.DecodeError:
        last = stderr.strip().splitlines()[-5:]
        raise UsageError(
            f"the target ended its process, exit {status}", hint="\n".join(last)
        ) from None


def _ask(request: LeakRequest) -> Answer:
    """Start a child and return its answer.

    Raises:
        UsageError: it died while it counted.
    """
    with tempfile.TemporaryFile() as errors:
        # To a file, not a pipe: what the target left running may hold it open.
        done = subprocess.run(
            [sys.executable, *CHILD],
            input=msgspec.json.encode(request),
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **ENVIRONMENT},
            check=False,
        )
        errors.seek(0)
        stderr = errors.read().decode(errors="replace")
    try:
        return read_answer(done.stdout, status=done.returncode, stderr=stderr)
    except UsageError as error:
        if request.phase == "count":
            raise
        return MEASURE.lost(error.message)


def _target(target: str | Callable[[], Any]) -> dict[str, Any]:
    if isinstance(target, str):
        if ":" not in target:
            raise UsageError(f"a target must be 'module:function', got {target!r}")
        return {"ref": target}
    if not callable(target):
        raise UsageError(f"a target must be 'module:function' or a callable, got {target!r:.80}")
    return {"pickled": base64.b64encode(_dump_by_value(target)).decode()}


def _whole(raw: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return value


def _channels(raw: Any) -> tuple[str, ...]:
    if raw == "all":
        return tuple(CHANNELS)
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, Sequence) or not names:
        raise UsageError(
            f"channels must be 'all' or a list of names, got {json.dumps(raw, default=repr)}"
        )
    found: list[str] = []
    for name in names:  # pyright: ignore[reportUnknownVariableType]
        if name not in CHANNELS:
            raise UsageError(
                f"no such channel {name!r}{did_you_mean(str(name), CHANNELS)}",  # pyright: ignore[reportUnknownArgumentType]
                hint=f"known: {', '.join(CHANNELS)}",
            )
        found.append(str(name))  # pyright: ignore[reportUnknownArgumentType]
    return tuple(dict.fromkeys(found))


class LeakMeasure:
    """What the driver `leak` needs of this package."""

    argv = (sys.executable, *CHILD)
    environment = ENVIRONMENT
    failure = TargetFailed

    def check(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a check, complete."""
        return check_options(raw)

    def begin(
        self,
        ref: str,
        kwargs: Mapping[str, Any],
        *,
        root: str,
        folder: str,
        options: Mapping[str, Any],
    ) -> Generator[LeakRequest, Answer, LeakReport]:
        """Return the steps of a check of `module:function`."""
        return leak_steps(
            LeakRequest(ref=ref, kwargs=dict(kwargs), root=root, folder=folder, **options)
        )

    def encode(self, request: LeakRequest) -> bytes:
        """Return what the child reads."""
        return msgspec.json.encode(request)

    def lost(self, why: str) -> Answer:
        """Return the answer of a child that was to look for lines and did not find out."""
        return Answer(sites=Sites(lost=why))

    def read(self, stdout: bytes, *, status: int, stderr: str) -> Answer:
        """Return what the child answered."""
        return read_answer(stdout, status=status, stderr=stderr)


MEASURE = LeakMeasure()
