"""How are a transcript or a list of turns carried out, in a process that may be killed at any moment?

The process reads one `Job` as JSON and writes one `Outcome`. The code itself runs
one process further down, so that nothing it writes can pass for the outcome.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from holdfast.clock import monotonic
from holdfast.errors import HoldfastError, UsageError
from holdfast.model.codec import to_plain
from holdfast.session.engine import Engine
from holdfast.session.open import make_setup, open_engine
from holdfast.session.prompt_engine import Dialect, PromptEngine
from holdfast.session.protocol import Opaque, Turn
from holdfast.session.talk import Talk
from holdfast.session.transcript import Mismatch, compare, parse_transcript
from holdfast.session.waiting import drive

__all__ = ["REPLAY", "Job", "Outcome", "Step", "main", "replay"]

PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
PROGRAM = "import sys; sys.path.append({root!r}); from holdfast.session.replay import main; main()"
Kind = Literal["exception", "timeout", "crash", "setup", "mismatch"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One turn with what is expected of it; what is left unset is not compared."""

    code: str
    value: Any | msgspec.UnsetType = msgspec.UNSET
    stdout: str | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be carried out; `transcript` is a file, `name` how it is called in messages."""

    transcript: str = ""
    name: str = ""
    turns: tuple[Step, ...] = ()
    timeout_s: float | None = None
    capabilities: tuple[str, ...] | None = None
    memory_bytes: int | None = None
    cpu_s: float | None = None
    command: tuple[str, ...] = ()
    prompt: str = ">>> "
    continuation: str = "... "


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: plain data; `kind` is empty where nothing went wrong."""

    value: Any = None
    stdout: str = ""
    stderr: str = ""
    duration_s: float = 0.0
    kind: Kind | Literal[""] = ""
    type: str = ""
    message: str = ""
    traceback: str = ""
    notes: tuple[str, ...] = ()


class _Replay:
    """What a target needs to run a job elsewhere."""

    def argv(self) -> list[str]:
        """Return the command that carries out a job."""
        return [sys.executable, "-P", "-c", PROGRAM.format(root=PACKAGE_ROOT)]

    def pack(self, fields: dict[str, Any]) -> bytes:
        """Return the input of the command.

        Raises:
            ValueError: the fields are no job.
        """
        return msgspec.json.encode(msgspec.convert(fields, Job))

    def read(self, answer: bytes) -> Outcome:
        """Return what the command wrote.

        Raises:
            ValueError: it is no outcome.
        """
        return msgspec.json.decode(answer, type=Outcome)


REPLAY = _Replay()


def main() -> None:
    """Carry out the job on stdin and write its outcome to stdout."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(replay(job)))


def replay(job: Job) -> Outcome:
    """Carry out a job; what goes wrong is in the outcome."""
    start = monotonic()
    try:
        outcome = _Conversation(job).run()
    except (HoldfastError, OSError, ValueError, RuntimeError) as error:
        outcome = Outcome(kind="setup", type=type(error).__name__, message=str(error))
    return msgspec.structs.replace(outcome, duration_s=monotonic() - start)


class _Conversation:
    """The turns of one job and what they have left so far."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._talk = Talk(_engine(job), job.timeout_s)
        self._turns: list[Turn] = []

    def run(self) -> Outcome:
        job = self._job
        if job.transcript:
            return self._run_transcript()
        with self._open():
            value: Any = None
            for number, step in enumerate(job.turns, 1):
                turn = self._take(step.code)
                wrong = _differences(step, turn)
                if wrong:
                    text = "\n".join(f"turn {number}: {step.code!r}: {each}" for each in wrong)
                    return self._outcome(value, kind="mismatch", message=text)
                if turn.status != "ok" and step.error is msgspec.UNSET:
                    return self._failed(value, turn, f"turn {number}")
                value = turn.value
            return self._outcome(_plain(value))

    def _run_transcript(self) -> Outcome:
        job = self._job
        name = job.name or job.transcript
        text = Path(job.transcript).read_text(encoding="utf-8")
        examples = parse_transcript(text, name, prompt=job.prompt, continuation=job.continuation)
        found: list[Mismatch] = []
        with self._open():
            for example in examples:
                if example.is_skipped:
                    continue
                turn = self._take(example.code, "single")
                mismatch = compare(example, turn)
                if mismatch is not None:
                    found.append(mismatch)
                if turn.status in {"timeout", "crash"}:
                    # What follows would be compared with what a fresh interpreter shows.
                    return self._failed(len(self._turns), turn, f"{name}:{example.line}")
        value = {"examples": len(self._turns), "mismatches": msgspec.to_builtins(found)}
        message = "\n".join(f"{name}:{each}" for each in found)
        return self._outcome(value, kind="mismatch" if found else "", message=message)

    @contextmanager
    def _open(self) -> Generator[None]:
        talk = self._talk
        drive(talk.start(), talk.halt)
        try:
            yield
        finally:
            drive(talk.close(), talk.halt)

    def _take(self, code: str, mode: Literal["block", "single"] = "block") -> Turn:
        turn = drive(self._talk.execute(code, None, mode), self._talk.halt)
        self._turns.append(turn)
        return turn

    def _failed(self, value: Any, turn: Turn, place: str) -> Outcome:
        kinds: dict[str, Kind] = {"timeout": "timeout", "crash": "crash"}
        error = turn.error
        if error is None:
            message = f"{place}: {turn.code!r} must be a whole statement, got the beginning of one"
            return self._outcome(value, kind="exception", type="SyntaxError", message=message)
        return self._outcome(
            _plain(value),
            kind=kinds.get(turn.status, "exception"),
            type=error.type,
            message=f"{place}: {error.message}",
            traceback=error.traceback,
        )

    def _outcome(self, value: Any, **fields: Any) -> Outcome:
        return Outcome(
            value=value,
            stdout="".join(turn.stdout for turn in self._turns),
            stderr="".join(turn.stderr for turn in self._turns),
            notes=tuple(note for turn in self._turns for note in turn.notes),
            **fields,
        )


def _engine(job: Job) -> Engine:
    if not job.command:
        return open_engine(make_setup(job.capabilities, job.memory_bytes, job.cpu_s))
    if job.capabilities is not None or job.memory_bytes is not None or job.cpu_s is not None:
        raise UsageError("a session with a command must have no capabilities and no limits")
    return PromptEngine(job.command, Dialect(prompt=job.prompt, continuation=job.continuation))


def _differences(step: Step, turn: Turn) -> list[str]:
    """Say what a turn left that its step does not expect."""
    found: list[str] = []
    if step.error is not msgspec.UNSET:
        shown = str(turn.error) if turn.error else "no error"
        if turn.error is None or str(step.error) not in turn.error:
            found.append(f"error must hold {step.error!r}, got {shown!r}")
    elif turn.status != "ok":
        return []
    if step.value is not msgspec.UNSET and _plain(turn.value) != step.value:
        found.append(f"value must be {step.value!r}, got {turn.value!r}")
    if step.stdout is not msgspec.UNSET and turn.stdout != step.stdout:
        found.append(f"stdout must be {step.stdout!r}, got {turn.stdout!r}")
    return found


def _plain(value: Any) -> Any:
    """Return a value as evidence keeps it."""
    if isinstance(value, Opaque):
        return {"$type": "opaque", "type": value.type, "repr": value.repr}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value)
        if all(isinstance(key, str) for key in pairs):
            return {key: _plain(each) for key, each in pairs.items()}
    return to_plain(value).plain
