"""Is an exception told whatever it does when it is looked at?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from holdfast.execute import outcome
from holdfast.execute.capture import CURRENT, attribute
from holdfast.process.reference import find


class Refused(ConnectionError):
    """A connection error under another name."""


class Unprintable(Exception):
    def __str__(self) -> str:
        raise KeyError("x")


def caught(error: BaseException) -> BaseException:
    try:
        raise error  # noqa: TRY301 - so that it has a traceback
    except BaseException as raised:  # noqa: BLE001 - also SystemExit
        return raised


def test_long_messages_and_tracebacks_are_cut_in_the_open() -> None:
    long = outcome.describe(caught(ValueError("x" * (outcome.MAX_MESSAGE + 1))))
    assert long.message == "x" * outcome.MAX_MESSAGE + "..."
    error = caught(ValueError("y" * (2 * outcome.MAX_TRACEBACK)))
    told = outcome.describe(error)
    assert "characters cut ...\n" in told.traceback
    assert len(told.traceback) < outcome.MAX_TRACEBACK + 100
    assert told.traceback.startswith("Traceback")


def test_an_exception_that_cannot_be_shown_is_named() -> None:
    assert outcome.describe(caught(Unprintable())).message == "(its __str__ raised KeyError)"


def test_a_traceback_that_cannot_be_formatted_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(outcome.traceback, "format_exception", fails)
    told = outcome.describe(caught(ValueError("x")))
    assert told.traceback == "(the traceback cannot be shown: RecursionError)"
    assert told.message == "x"


def test_kinds_and_tags_follow_the_type() -> None:
    assert outcome.describe(Refused()).tags == ("connection",)
    assert outcome.describe(Refused()).type == f"{__name__}.Refused"
    assert outcome.describe(SystemExit(2)).kind == "crash"
    assert outcome.describe(MemoryError("big")).message == "out of memory: big"
    assert outcome.describe(AssertionError()).is_assertion


# --- what is printed -----------------------------------------------------------------

Emitted = list[tuple[int, int, bytes]]


@pytest.fixture(autouse=True)
def belongs_to_no_call_afterwards() -> Iterator[None]:
    yield
    CURRENT.set(0)


@pytest.fixture
def attributed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Emitted]:
    def begin() -> Emitted:
        """Take over the streams for as long as the test runs: pytest changes them between its phases."""
        emitted: Emitted = []
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, getattr(sys, name))
        attribute(lambda n, fd, data: emitted.append((n, fd, data)))
        CURRENT.set(5)
        return emitted

    return begin


def test_what_a_call_writes_is_of_this_call(attributed: Callable[[], Emitted]) -> None:
    emitted = attributed()
    sys.stdout.write("ä\udcff\n")
    sys.stdout.flush()
    sys.stderr.buffer.write(bytearray(b"raw"))
    assert b"".join(data for _, fd, data in emitted if fd == 1) == b"\xc3\xa4\\udcff\n"
    assert emitted[-1] == (5, 2, b"raw")
    assert {n for n, _, _ in emitted} == {5}


def test_the_streams_are_what_others_expect_of_them(attributed: Callable[[], Emitted]) -> None:
    emitted = attributed()
    for fd, stream in ((1, sys.stdout), (2, sys.stderr)):
        assert (stream.fileno(), stream.buffer.fileno()) == (fd, fd)
        assert stream.writable()
        assert stream.buffer.writable()
        with pytest.raises(TypeError, match="must be str, not bytes"):
            stream.write(b"x")  # type: ignore[arg-type]
        stream.close()
        stream.buffer.close()
        stream.write("still open")
    assert [data for _, _, data in emitted] == [b"still open"] * 2


def test_what_belongs_to_no_call_goes_to_the_process_itself(
    attributed: Callable[[], Emitted],
) -> None:
    emitted = attributed()
    written: list[bytes] = []

    class Raw:
        def write(self, data: bytes) -> None:
            written.append(data)

    sys.stdout.buffer._raw = Raw()  # type: ignore[attr-defined]
    CURRENT.set(0)
    sys.stdout.write("nobody's")
    assert (written, emitted) == ([b"nobody's"], [])


@pytest.mark.parametrize("ref", ["no_such_module_at_all:f", f"{__name__}:no_such_function"])
def test_a_reference_that_leads_nowhere_shows_no_frame_of_ours(ref: str) -> None:
    with pytest.raises((ImportError, AttributeError)) as caught:
        find(ref)
    told = outcome.describe(caught.value)
    assert told.message.startswith(("No module named", "module "))
    assert "reference.py" not in told.traceback
    assert "test_outcome.py" not in told.traceback
