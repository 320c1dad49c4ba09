"""Does a capability cover a use? Paths, addresses, programs and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.capabilities.resource import (
    compile_resource,
    format_address,
    is_loopback,
    resolve_program,
    split_address,
    split_path_pattern,
)
from holdfast.capabilities.scope import Scope, format_capability, show_path
from holdfast.capabilities.wildcard import match_name, match_segments

ROOT = "/nowhere/at/all"


def covers(kind: str, resource: str, used: str) -> bool:
    return compile_resource(kind, resource, ROOT, "/bin")(used)


@pytest.mark.parametrize(
    ("resource", "used", "is_covered"),
    [
        ("", "/etc/passwd", True),
        ("data", f"{ROOT}/data", True),
        ("data", f"{ROOT}/data/a/b", True),
        ("data", f"{ROOT}/database", False),
        ("data/**", f"{ROOT}/data", True),
        ("data/**", f"{ROOT}/data/a/b", True),
        ("data/*", f"{ROOT}/data/a", True),
        ("data/*", f"{ROOT}/data/a/b", False),
        ("data/*", f"{ROOT}/data", False),
        ("data/**/*.csv", f"{ROOT}/data/a/b/c.csv", True),
        ("data/**/*.csv", f"{ROOT}/data/c.csv", True),
        ("data/**/*.csv", f"{ROOT}/data/c.txt", False),
        ("d?ta", f"{ROOT}/data", True),
        ("../all/x", f"{ROOT}/x", True),
        ("/", "/anything", True),
        (".", f"{ROOT}/x", True),
        ("data", "/data", False),
        ("/nowhere", f"{ROOT}/x", True),
    ],
)
def test_a_path_covers_what_is_below_it(resource: str, used: str, is_covered: bool) -> None:
    assert covers("read", resource, used) is is_covered


@pytest.mark.parametrize(
    ("resource", "used", "is_covered"),
    [
        ("", "example.org:80", True),
        ("127.0.0.1", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:81", False),
        ("127.0.0.1:*", "127.0.0.1:81", True),
        ("127.0.0.1:80", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2:80", False),
        ("localhost", "127.0.0.1:80", True),
        ("localhost", "[::1]:80", True),
        ("localhost:80", "[::1]:81", False),
        ("localhost", "10.0.0.1:80", False),
        ("127.0.0.1", "localhost:80", True),
        ("::1", "[::1]:80", True),
        ("[::1]:80", "[::1]:80", True),
        ("Example.org", "example.org:80", True),
        ("*.example.org", "a.example.org:80", True),
        ("*.example.org", "example.org:80", False),
        ("example.org", "example.org.evil.org:80", False),
    ],
)
def test_an_address_covers_its_host_and_its_port(
    resource: str, used: str, is_covered: bool
) -> None:
    assert covers("net", resource, used) is is_covered


@pytest.mark.parametrize(
    ("kind", "resource", "used", "is_covered"),
    [
        ("env", "AWS_*", "AWS_REGION", True),
        ("env", "AWS_*", "AWS", False),
        ("sys", "kill", "kill", True),
        ("import", "numpy", "numpy", True),
        ("ffi", "libc.so.6", "libm.so.6", False),
        ("ffi", "/usr/lib", "/usr/lib/libm.so.6", True),
    ],
)
def test_a_name_covers_itself_or_what_its_wildcards_match(
    kind: str, resource: str, used: str, is_covered: bool
) -> None:
    assert covers(kind, resource, used) is is_covered


def test_a_program_is_the_one_that_path_leads_to(tmp_path: Path) -> None:
    for folder in ("bin", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool").touch(mode=0o755)
    search = str(tmp_path / "bin")
    found = resolve_program("tool", str(tmp_path), search)
    assert found == str(tmp_path / "bin" / "tool")
    covered = compile_resource("run", "tool", str(tmp_path), search)
    assert covered(found)
    assert not covered(str(tmp_path / "other" / "tool"))
    wild = compile_resource("run", "to*", str(tmp_path), search)
    assert wild(found)
    assert not wild(str(tmp_path / "other" / "tool"))
    by_path = compile_resource("run", "other/tool", str(tmp_path), search)
    assert by_path(str(tmp_path / "other" / "tool"))
    assert resolve_program("none-such", str(tmp_path), search) == ""


def test_a_link_is_followed_where_the_pattern_starts(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    base, rest = split_path_pattern("link/*.csv", str(tmp_path))
    assert (base, rest) == (str(tmp_path / "real"), ["*.csv"])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a", "")),
        ("A:80", ("a", "80")),
        ("::1", ("::1", "")),
        ("[::1]", ("::1", "")),
        ("[::1]:80", ("::1", "80")),
    ],
)
def test_an_address_is_split_and_written_again(text: str, parts: tuple[str, str]) -> None:
    assert split_address(text) == parts
    assert split_address(format_address(*parts)) == parts


@pytest.mark.parametrize(
    ("host", "is_it"),
    [("127.9.9.9", True), ("::1", True), ("localhost", True), ("127.evil", False)],
)
def test_loopback_is_this_machine_alone(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it


def test_a_scope_tells_which_grants_cover_a_use() -> None:
    scope = Scope([("read", "a"), ("read", "a/b"), ("net", "")], folder=ROOT, search="/bin")
    assert scope.covering("read", f"{ROOT}/a/b/c") == [0, 1]
    assert scope.covers("net", "x:1")
    assert not scope.covers("write", f"{ROOT}/a")
    assert scope.has_all("net")
    assert not scope.has_all("read")
    assert scope.of_kind("read") == ["a", "a/b"]


def test_what_is_used_is_written_as_its_author_would() -> None:
    assert show_path(f"{ROOT}/a", ROOT) == "a"
    assert show_path("/etc/x", ROOT) == "/etc/x"
    assert show_path(ROOT, ROOT) == ROOT
    assert format_capability("env", "") == "env"
    assert format_capability("net", "a:1") == "net:a:1"


@pytest.mark.parametrize(
    ("pattern", "name", "does"),
    [
        ("", "", True),
        ("*", "", True),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "acb", False),
        ("?", "", False),
        ("*a", "ba", True),
        ("a", "ab", False),
        ("*" * 30 + "x", "a" * 200, False),
    ],
)
def test_a_wildcard_matches_whole_names(pattern: str, name: str, does: bool) -> None:
    assert match_name(pattern, name) is does


def test_two_stars_match_any_number_of_segments() -> None:
    assert match_segments(["**", "b", "**", "c"], ["b", "x", "y", "c"])
    assert match_segments(["**"], [])
    assert not match_segments(["**", "b"], ["a"])
    assert not match_segments(["a"], ["a", "b"])
