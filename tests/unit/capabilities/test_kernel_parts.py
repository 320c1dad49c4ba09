"""Are the programs and structures for the kernel what they should be? Nothing is installed here."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

import pytest

from holdfast.capabilities import (
    broker,
    confinement,
    kernel,
    landlock,
    network,
    programs,
    seccomp,
)
from holdfast.capabilities.grammar import parse_capabilities
from holdfast.capabilities.kernel import NUMBERS, machine
from holdfast.capabilities.project import find_code
from holdfast.capabilities.scope import Scope
from holdfast.capabilities.software import Software
from holdfast.capabilities.violation import CannotEnforce

needs_known_machine = pytest.mark.skipif(not machine(), reason="needs Linux on x86_64 or aarch64")


def decide(
    net: str, number: int, *arguments: int, arch: int | None = None, has_run: bool = True
) -> int:
    """Run the filter as the kernel would; return its action."""
    words = {0: number, 4: seccomp._AUDIT_ARCH[machine()] if arch is None else arch}
    words |= {16 + 8 * index: value for index, value in enumerate(arguments)}
    program = seccomp._write_program(net, has_run=has_run)  # type: ignore[arg-type]
    value = at = 0
    while True:
        code, if_so, if_not, constant = program[at]
        at += 1
        if code == 0x20:
            value = words.get(constant, 0)
        elif code == 0x54:
            value &= constant
        elif code == 0x06:
            return constant
        else:
            does = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}
            at += if_so if does[code] else if_not


ALLOW, NOTIFY = seccomp._ALLOW, seccomp._NOTIFY
EPERM, EACCES = 0x50001, 0x5000D


@needs_known_machine
@pytest.mark.parametrize(
    ("net", "name", "arguments", "action"),
    [
        ("all", "socket", (2, 1), ALLOW),
        ("all", "ptrace", (), EPERM),
        ("all", "io_uring_setup", (), EPERM),
        ("none", "socket", (2, 1), EACCES),
        ("none", "socket", (1, 1), EACCES),
        ("none", "connect", (), ALLOW),
        ("some", "socket", (2, 1 | 0o4000), ALLOW),
        ("some", "socket", (10, 1), ALLOW),
        ("some", "socket", (2, 2), EACCES),
        ("some", "socket", (1, 1), EACCES),
        ("some", "socket", (17, 3), EACCES),
        ("some", "connect", (), NOTIFY),
        ("some", "bind", (), NOTIFY),
        ("some", "sendto", (3, 0, 0, 0), ALLOW),
        ("some", "sendto", (3, 0, 0, 0x20000000), EACCES),
        ("some", "sendmsg", (3, 0, 0x20000000), EACCES),
        ("some", "sendmmsg", (3, 0, 0, 0x20004000), EACCES),
    ],
)
def test_the_filter_decides_on_each_call(
    net: str, name: str, arguments: tuple[int, ...], action: int
) -> None:
    assert decide(net, NUMBERS[machine()][name], *arguments) == action


@needs_known_machine
def test_calls_of_other_machines_are_refused() -> None:
    assert decide("none", 0, arch=0x40000003) == EPERM
    if machine() == "x86_64":
        assert decide("none", 0x40000000 | 41) == EPERM


def test_every_machine_has_a_number_for_every_call_that_is_never_allowed() -> None:
    for numbers in NUMBERS.values():
        assert set(seccomp.NEVER) <= set(numbers)
        assert len(set(numbers.values())) == len(numbers)


def test_structures_have_the_sizes_of_the_kernel() -> None:
    assert landlock._ruleset(3, 1) == bytes([3, *bytes(7), *bytes(8), 1, *bytes(7)])
    assert landlock._path_beneath(1 << 14, 5) == bytes([0, 64, *bytes(6), 5, 0, 0, 0])
    assert seccomp._pack((0x15, 1, 2, 0xAABBCCDD)) == bytes.fromhex("15000102ddccbbaa")
    assert ctypes.sizeof(broker._Request) == 80
    assert ctypes.sizeof(broker._Response) == 24


def test_a_pointer_leads_to_the_bytes_as_long_as_they_are_kept() -> None:
    data = b"kept" * 100
    place = int.from_bytes(kernel.pointer_to(data), sys.byteorder)
    assert ctypes.string_at(place, len(data)) == data


@needs_known_machine
def test_a_call_that_the_kernel_refuses_is_an_error_with_its_number() -> None:
    os.close(kernel.syscall("pidfd_open", os.getpid(), 0))
    with pytest.raises(OSError, match="syscall") as caught:
        kernel.syscall("pidfd_open", -1, 0)
    assert caught.value.errno == errno.EINVAL
    kernel.forget_functions()
    assert not kernel._functions


@needs_known_machine
@pytest.mark.parametrize("net", ["all", "none", "some"])
@pytest.mark.parametrize(
    ("has_run", "flags", "action"),
    [(True, 0, ALLOW), (False, 0, EACCES), (False, 1, EACCES), (False, 9, ALLOW)],
)
def test_without_run_a_file_in_memory_must_be_sealed_against_execution(
    net: str, has_run: bool, flags: int, action: int
) -> None:
    number = NUMBERS[machine()]["memfd_create"]
    assert decide(net, number, 0, flags, has_run=has_run) == action


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (bytes([2, 0, 0, 80, 127, 0, 0, 1]) + bytes(8), "127.0.0.1:80"),
        (bytes([10, 0, 1, 0]) + bytes(4) + bytes(15) + b"\1" + bytes(4), "[::1]:256"),
        (
            bytes([10, 0, 0, 80]) + bytes(4) + bytes(10) + b"\xff\xff\x7f\0\0\1" + bytes(4),
            "127.0.0.1:80",
        ),
        (
            bytes([10, 0, 0, 1]) + bytes(4) + b"\x20\1\x0d\xb8" + bytes(11) + b"\5" + bytes(4),
            "[2001:db8::5]:1",
        ),
        (
            bytes([10, 0, 0, 1]) + bytes(4) + bytes(range(1, 17)) + bytes(4),
            "[102:304:506:708:90a:b0c:d0e:f10]:1",
        ),
        (bytes([10, 0, 0, 1]) + bytes(28), "[::]:1"),
        (b"\1\0/run/x", ""),
        (b"\2", ""),
        (b"", ""),
    ],
)
def test_an_address_is_read_as_the_kernel_has_it(address: bytes, text: str) -> None:
    assert broker.read_address(address) == text


def scope_of(*allow: str, folder: str = "/nowhere/at/all") -> Scope:
    return Scope(parse_capabilities(allow), folder=folder, search="/usr/bin:/bin")


def test_the_broker_allows_what_is_granted_by_address_or_leads_there_by_name() -> None:
    allows = confinement._broker_rule(
        scope_of("net:10.0.0.1:80", "net:example.org:443"), {"example.org": ["10.0.0.9"]}
    )
    assert allows("10.0.0.1:80")
    assert allows("10.0.0.9:443")
    assert not allows("10.0.0.9:80")
    assert not allows("10.0.0.2:80")


def test_names_that_are_granted_are_looked_up_and_addresses_are_not() -> None:
    assert network.resolve_names(["127.0.0.1:80", "[::1]", "127.*", "localhost:80"]) == {
        "localhost": ["127.0.0.1", "::1"]
    }
    with pytest.raises(CannotEnforce, match="cannot be listed"):
        network.resolve_names(["*.example.org"])


def test_rules_allow_what_is_granted_and_what_software_is(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").touch()
    (tmp_path / "data" / "b.txt").touch()
    (tmp_path / "out").mkdir()
    scope = scope_of("read:data/*.csv", "write:out", "run:sh", folder=str(tmp_path))
    software = Software()
    code = [str(tmp_path / "app.py")]
    rules = confinement._rules(scope, software, code, landlock.WRITE)
    assert rules[str(tmp_path / "data" / "a.csv")] == landlock.READ
    assert str(tmp_path / "data" / "b.txt") not in rules
    assert rules[str(tmp_path / "out")] == landlock.WRITE
    assert rules[code[0]] == landlock.READ_FILE
    assert rules[str(tmp_path)] == landlock.READ_DIR
    assert all(rules[folder] & landlock.READ for folder in software.folders)
    assert any(access & landlock.EXECUTE for access in rules.values())


@pytest.mark.parametrize(
    ("granted", "said"), [("write:nothing/here", "does not"), ("write:*.txt", "stands for names")]
)
def test_what_the_kernel_cannot_write_down_is_told(granted: str, said: str) -> None:
    with pytest.raises(CannotEnforce, match=said) as caught:
        confinement._rules(scope_of(granted), Software(), [], landlock.WRITE)
    assert caught.value.kind == "write"


@pytest.mark.parametrize(
    ("abi", "notify", "allow", "kind"),
    [
        (0, True, [], "read"),
        (0, True, ["read"], "write"),
        (0, True, ["read", "write"], "run"),
        (2, True, ["read"], "write"),
        (7, False, ["net:127.0.0.1"], "net"),
    ],
)
def test_what_is_missing_is_named_with_its_kind(
    monkeypatch: pytest.MonkeyPatch, abi: int, notify: bool, allow: list[str], kind: str
) -> None:
    monkeypatch.setattr(landlock, "abi_version", lambda: abi)
    monkeypatch.setattr(seccomp, "can_notify", lambda: notify)
    with pytest.raises(CannotEnforce, match=f"^{kind} cannot be enforced here: ") as caught:
        confinement.plan_rules(scope_of(*allow), Software(), [])
    assert caught.value.kind == kind
    assert caught.value.hint


def test_a_script_needs_its_interpreters(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/usr/bin/env sh\n")
    script.chmod(0o755)
    found = programs.files_of_programs([str(script)], str(tmp_path), "/usr/bin:/bin")
    assert found[0] == str(script)
    assert str(Path("/usr/bin/env").resolve()) in found
    assert str(Path("/bin/sh").resolve()) in found
    assert programs.files_of_programs([], "/", "/bin") == []
    assert str(Path("/bin/sh").resolve()) in programs.files_of_programs(["s?"], "/", "/bin")


def test_code_is_found_below_a_folder_but_not_in_environments(tmp_path: Path) -> None:
    for name in ("app.py", "pack/mod.py", ".venv/lib.py", "my-data/x.py", "pack/data.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = {Path(path).relative_to(tmp_path).as_posix() for path in find_code(str(tmp_path))}
    assert found == {"app.py", "pack/mod.py"}
    assert find_code(str(tmp_path / "none")) == []
