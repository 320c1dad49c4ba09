"""What does the hook make of events? Driven by hand: nothing is hooked into this interpreter."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from holdfast.capabilities import CapabilityViolation
from holdfast.capabilities.audit import Watch
from holdfast.capabilities.grammar import parse_capabilities
from holdfast.capabilities.scope import Scope
from holdfast.capabilities.software import Software, is_own_name

ROOT = "/nowhere/at/all"


class Told:
    """A watch, and the events that are raised at it."""

    def __init__(self, *allow: str, refuses: bool = False, folder: str = ROOT) -> None:
        scope = Scope(parse_capabilities(allow), folder=folder, search="/usr/bin:/bin")
        self.watch = Watch(scope, Software(), refuses=refuses)
        self.watch.is_on = True
        self.hook = self.watch._make_hook()

    def used(self) -> list[str]:
        self.watch.settle()
        return list(self.watch.used)


# Built from text, so that what raises the events stands in no module of a library.
CALLS: dict[str, Any] = {}
exec("def tell(hook, event, *args): hook(event, args)", CALLS)
tell = CALLS["tell"]

EVENTS: list[tuple[str, tuple[Any, ...], list[str]]] = [
    ("open", ("a", "r", os.O_RDONLY), ["read:a"]),
    ("open", ("a", "w", os.O_WRONLY | os.O_CREAT), ["write:a"]),
    ("open", ("a", "r+", os.O_RDWR), ["read:a", "write:a"]),
    ("open", ("a", None, os.O_RDONLY | os.O_CREAT), ["read:a", "write:a"]),
    ("open", (b"a", None, os.O_RDONLY), ["read:a"]),
    ("open", (Path("a"), None, os.O_RDONLY), ["read:a"]),
    ("open", ("/etc/x/../y", "r", 0), ["read:/etc/y"]),
    ("open", (3, "r", 0), []),
    ("open", (os.__file__, "r", 0), []),
    ("open", ("/dev/null", "w", os.O_WRONLY), []),
    ("open", ("<string>", "r", 0), []),
    ("open", ("<a>/b", "r", 0), ["read:<a>/b"]),
    ("os.listdir", (None,), [f"read:{ROOT}"]),
    ("os.scandir", (3,), []),
    ("os.rename", ("a", "b", -1, -1), ["read:a", "write:a", "write:b"]),
    ("os.mkdir", ("a", 0o777, -1), ["write:a"]),
    ("sqlite3.connect", (":memory:",), []),
    ("sqlite3.connect", ("file:a?mode=ro",), ["read:a", "write:a"]),
    ("sqlite3.connect", ("file:a?mode=memory",), []),
    ("sqlite3.load_extension", (None, "x.so"), ["ffi:x.so"]),
    ("subprocess.Popen", ("sh", ["sh"], None, None), ["run:sh"]),
    ("subprocess.Popen", ("./sh", ["sh"], "/x", None), ["run:/x/sh"]),
    ("os.exec", ("no-such-thing", [], None), ["run:no-such-thing"]),
    ("os.exec", (10**6, [], None), ["run:descriptor 1000000"]),
    ("os.system", (b"ls",), ["run:sh"]),
    ("os.putenv", (b"A", b"b"), ["env:A"]),
    ("os.putenv", (b"PATH", b"b"), []),
    ("socket.connect", (None, ("10.0.0.1", 80)), ["net:10.0.0.1:80"]),
    ("socket.connect", (None, ("::1", 80, 0, 0)), ["net:[::1]:80"]),
    ("socket.bind", (None, ("", 80)), ["net:0.0.0.0:80"]),
    ("socket.connect", (None, "/run/x"), ["read:/run/x", "write:/run/x"]),
    ("socket.connect", (None, b"\0x"), ["net:@x"]),
    ("socket.sendmsg", (None, None), []),
    ("socket.connect", (SimpleNamespace(family="AF_X"), (1, 2)), ["net:@AF_X"]),
    ("socket.gethostbyname", ("example.org",), ["net:example.org"]),
    ("socket.getaddrinfo", (None, 80, 0, 0, 0), []),
    ("socket.getaddrinfo", (b"localhost", b"80", 0, 0, 0), ["net:localhost:80"]),
    ("gc.get_objects", (-1,), ["sys:introspect"]),
    ("ctypes.dlopen", (None,), ["ffi:self"]),
    ("ctypes.dlsym", (SimpleNamespace(_name="libm.so.6"), "cos"), ["ffi:libm.so.6"]),
    ("import", ("json.decoder", None, [], [], []), []),
    ("import", ("numpy.linalg", None, [], [], []), ["import:numpy"]),
    ("builtins.id", (1,), []),
]


@pytest.mark.parametrize(
    ("event", "args", "used"), EVENTS, ids=[f"{n}-{each[0]}" for n, each in enumerate(EVENTS)]
)
def test_an_event_stands_for_a_capability(
    event: str, args: tuple[Any, ...], used: list[str]
) -> None:
    told = Told()
    tell(told.hook, event, *args)
    assert told.used() == used


def test_what_is_covered_is_used_and_no_violation() -> None:
    told = Told("read:data", "net", refuses=True)
    tell(told.hook, "open", "data/a", "r", 0)
    assert list(told.watch.used) == ["read:data/a"]
    assert not told.watch.undeclared
    assert told.watch.unused() == ["net"]


def test_where_it_refuses_what_is_not_granted_raises_and_is_kept() -> None:
    told = Told("read:data", refuses=True)
    with pytest.raises(CapabilityViolation, match=r"write:data/a was stopped") as caught:
        tell(told.hook, "open", "data/a", "w", os.O_WRONLY)
    assert caught.value.capability == "write:data/a"
    assert list(told.watch.undeclared) == ["write:data/a"]


def test_a_change_of_the_folder_moves_what_is_used_and_no_grant(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    told = Told("read:data", folder=str(tmp_path))
    tell(told.hook, "open", "a", "r", 0)
    tell(told.hook, "os.chdir", "nothing/here")
    tell(told.hook, "open", "b", "r", 0)
    tell(told.hook, "os.chdir", "data")
    tell(told.hook, "open", "a", "r", 0)
    assert told.used() == ["read:a", "read:b", "read:data/a"]
    assert list(told.watch.undeclared) == ["read:a", "read:b"]


@pytest.mark.parametrize("refuses", [True, False])
def test_what_happens_to_a_link_itself_is_no_use_of_its_target(
    tmp_path: Path, *, refuses: bool
) -> None:
    (tmp_path / "link").symlink_to("real")
    told = Told("read", "write", refuses=refuses, folder=str(tmp_path))
    tell(told.hook, "os.remove", "link", -1)
    tell(told.hook, "os.utime", "link", None, None, -1)
    tell(told.hook, "os.rmdir", "real/.", -1)
    assert told.used() == ["write:link", "write:real"]


def test_a_file_that_is_written_and_read_is_told_once_each() -> None:
    told = Told("write")
    for mode, flags in (("w", os.O_WRONLY | os.O_CREAT), ("r", 0), ("w", os.O_WRONLY), ("r", 0)):
        tell(told.hook, "open", "a", mode, flags)
    assert told.used() == ["write:a", "read:a"]
    assert list(told.watch.undeclared) == ["read:a"]
    assert told.watch.unused() == []


def test_patterns_of_names_are_asked_about_each_file() -> None:
    told = Told("read:data/*.csv", "read:other", "write:data/**")
    for name in ("data/a.csv", "data/b.txt", "other/x/y"):
        tell(told.hook, "open", name, "r+", os.O_RDWR)
    assert told.used() == [
        "read:data/a.csv",
        "write:data/a.csv",
        "read:data/b.txt",
        "write:data/b.txt",
        "read:other/x/y",
        "write:other/x/y",
    ]
    assert list(told.watch.undeclared) == ["read:data/b.txt", "write:other/x/y"]
    assert told.watch.unused() == []


def test_a_folder_that_is_moved_is_followed_anew(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to("one")
    told = Told(folder=str(tmp_path))
    tell(told.hook, "open", "link/a", "r", 0)
    told.watch.settle()
    tell(told.hook, "os.rename", "link", "gone", -1, -1)
    (tmp_path / "link").rename(tmp_path / "gone")
    tell(told.hook, "open", "link/b", "r", 0)
    assert told.used() == ["read:one/a", "read:link", "write:link", "write:gone", "read:link/b"]


def test_after_a_link_was_made_paths_are_followed_at_once(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    told = Told(folder=str(tmp_path))
    tell(told.hook, "os.symlink", "real", "link", -1)
    (tmp_path / "link").symlink_to("real")
    tell(told.hook, "open", "link", "r", 0)
    assert list(told.watch.used) == ["write:link", "read:real"]


def test_what_a_call_asked_for_in_vain_is_told_apart_from_earlier_calls() -> None:
    told = Told(refuses=True)
    for _ in range(2):
        told.watch.recent.clear()
        with pytest.raises(CapabilityViolation):
            tell(told.hook, "open", "a", "r", 0)
        assert list(told.watch.recent) == ["read:a"]
    told.watch.recent.clear()
    assert list(told.watch.undeclared) == ["read:a"]


def test_a_link_is_followed_to_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "a").symlink_to("real/a")
    told = Told(folder=str(tmp_path))
    for name in ("link/a", "a", "real/a"):
        tell(told.hook, "open", name, "r", 0)
    assert told.used() == ["read:real/a"]


def test_many_files_are_looked_at_in_between() -> None:
    told = Told()
    for n in range(8_500):
        tell(told.hook, "open", str(n), "r", 0)
    assert len(told.watch.used) == 8_000
    assert len(told.used()) == 8_500


def test_uses_beyond_the_most_that_is_listed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.capabilities.audit.MOST_LISTED", 3)
    told = Told()
    for n in range(5):
        tell(told.hook, "open", str(n), "r", 0)
    assert len(told.used()) == 3
    assert told.watch.not_listed == 2


def test_what_cannot_be_looked_into_is_named() -> None:
    told = Told()
    tell(told.hook, "import", "numpy.core", "/x/core.so", [], [], [])
    tell(told.hook, "subprocess.Popen", "sh", [], None, None)
    tell(told.hook, "ctypes.dlopen", "libm.so.6")
    assert list(told.watch.blind) == [
        "compiled module of numpy",
        "program sh",
        "foreign code of libm.so.6",
    ]


def test_imports_while_the_code_is_loaded_are_its_own_parts() -> None:
    told = Told()
    told.watch.is_loading = True
    tell(told.hook, "import", "numpy", None, [], [], [])
    assert told.used() == []


def test_a_known_address_is_told_by_its_name() -> None:
    told = Told("net:example.org:80", refuses=True)
    told.watch.know_names({"example.org": ["10.0.0.1"]})
    tell(told.hook, "socket.connect", None, ("10.0.0.1", 80))
    assert list(told.watch.used) == ["net:example.org:80"]


def test_after_an_import_callers_are_looked_at_until_one_is_seen_that_imports_nothing() -> None:
    told = Told()
    opened = told.watch._opened
    tell(told.hook, "import", "json", None, [], [], [])
    assert opened._importing
    tell(told.hook, "open", "a", "r", 0)
    assert not opened._importing
    tell(told.hook, "open", "b", "r", 0)
    assert told.used() == ["read:a", "read:b"]


def test_a_module_that_is_imported_by_a_function_is_seen_by_its_code(tmp_path: Path) -> None:
    told = Told()
    place = next(each for each in sys.path if each.endswith("site-packages"))
    for name, expected in (("yaml/__init__.py", "yaml"), ("six.py", "six"), ("a-b.pth", "")):
        code = compile("1", f"{place}/{name}", "exec")
        assert told.watch.software.module_of(code) == expected
        tell(told.hook, "exec", code)
    tell(told.hook, "exec", compile("1", os.__file__, "exec"))
    tell(told.hook, "exec", compile("1", "<string>", "exec"))
    tell(told.hook, "exec", "1 + 1")
    assert told.used() == ["import:yaml", "import:six"]


@pytest.mark.parametrize("many", [1, 60])
def test_links_are_found_by_listing_the_folder_or_one_by_one(tmp_path: Path, many: int) -> None:
    (tmp_path / "link").symlink_to("real")
    for n in range(many):
        (tmp_path / f"n{n}").touch()
    told = Told(folder=str(tmp_path))
    for n in range(many):
        tell(told.hook, "open", f"n{n}", "r", 0)
    tell(told.hook, "open", "link", "r", 0)
    tell(told.hook, "open", "link", "w", os.O_WRONLY)
    used = told.used()
    assert (len(used), used[-2:]) == (many + 2, ["read:real", "write:real"])


def test_an_event_of_the_same_name_that_is_somebody_elses_does_no_harm() -> None:
    told = Told()
    tell(told.hook, "open", "a", "b")
    tell(told.hook, "open", "c")
    assert told.used() == ["read:a", "read:c"]


def test_what_a_module_of_a_library_does_while_it_is_imported_is_no_use() -> None:
    told = Told()
    begun = "hook('import', ('json', None))"
    body = compile(f"{begun}; hook('open', ('a', 'r', 0))", os.__file__, "exec")
    exec(body, {"hook": told.hook})
    assert told.used() == []


@pytest.mark.parametrize(
    ("name", "is_own"), [("PATH", True), ("LC_ALL", True), ("PYTHONPATH", True), ("HOME", False)]
)
def test_some_variables_are_the_interpreters_own(name: str, is_own: bool) -> None:
    assert is_own_name(name) is is_own
