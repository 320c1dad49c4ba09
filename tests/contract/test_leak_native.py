"""Does memray name the line of Python that leads to what C code holds, and only that?"""

from __future__ import annotations

import asyncio
import ctypes
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast.measure import leak_child
from holdfast.measure.leak_count import LeakRequest
from holdfast.measure.leak_native import find_native, place_of
from holdfast.measure.leak_sites import Sites

LIBC = ctypes.CDLL(None)
LIBC.strdup.restype = LIBC.fopen.restype = ctypes.c_void_p
LIBC.fclose.argtypes = [ctypes.c_void_p]
KEPT: list[bytearray] = []


@pytest.fixture(scope="module", autouse=True)
def unwinder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let memray open what it keeps open for the life of its process."""
    found_by(str, tmp_path_factory.mktemp("first"))


def found_by(call: Any, folder: Path) -> Sites:
    async def calls(times: int) -> None:
        for _ in range(times):
            call()

    request = LeakRequest(folder=str(folder), phase="native", iterations=120)
    return asyncio.run(find_native(request, calls, False))


def keeps() -> None:
    KEPT.append(bytearray(1000))
    LIBC.fclose(LIBC.fopen(b"/dev/null", b"r"))
    LIBC.strdup(b"x" * 255)


def test_the_line_that_leads_to_what_c_code_holds_is_named(tmp_path: Path) -> None:
    found = found_by(keeps, tmp_path)
    KEPT.clear()
    (site,) = found.sites
    # Objects of Python, and what was freed again, are none of it.
    assert site.place == f"{__file__}:{keeps.__code__.co_firstlineno + 3}"
    assert site.text == 'LIBC.strdup(b"x" * 255)'
    assert (found.calls, site.objects_per_call, site.bytes_per_call) == (40, 1.0, 256.0)
    assert site.native.startswith("strdup")
    assert list(tmp_path.iterdir()) == []


def test_what_keeps_nothing_has_no_line(tmp_path: Path) -> None:
    assert found_by(lambda: LIBC.fclose(LIBC.fopen(b"/dev/null", b"r")), tmp_path).sites == ()


@pytest.mark.parametrize(
    ("stack", "place"),
    [
        ([("f", "<unknown>", 0), ("g", "a.py", 3)], ("a.py:3", "f")),
        (
            [("malloc", "m.c", 1), ("__GI___f", "f.c", 9), ("g", "a.py", 3)],
            ("a.py:3", "f at f.c:9"),
        ),
        ([("???", "???", 0), ("g", "<frozen os>", 3), ("h", "b.py", 4)], ("b.py:4", "C code")),
        ([("worker", "w.c", 7)], ("no line of Python", "worker at w.c:7")),
    ],
)
def test_a_place_is_the_innermost_line_of_python_and_the_c_function(
    stack: list[tuple[str, str, int]], place: tuple[str, str]
) -> None:
    assert place_of(stack) == place


def test_without_memray_a_child_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "memray", None)
    monkeypatch.delitem(sys.modules, leak_child.NATIVE, raising=False)
    runner = leak_child.runner_of("native")
    found = asyncio.run(runner(LeakRequest(folder=""), print, False))  # type: ignore[arg-type]
    assert (found.calls, found.sites) == (0, ())
    assert "memray" in found.missing
