"""How is this process held to what is granted? Files and programs by Landlock, the network by seccomp."""

# ruff: noqa: PTH110, PTH118, PTH120, PTH208 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os
import sys

from holdfast.capabilities import landlock, seccomp
from holdfast.capabilities.audit import Watch
from holdfast.capabilities.environ import watch_environment, wipe_variables
from holdfast.capabilities.kernel import forget_functions, part, prctl
from holdfast.capabilities.resource import (
    compile_resource,
    format_address,
    split_address,
    split_path_pattern,
)
from holdfast.capabilities.scope import format_capability
from holdfast.capabilities.software import DEVICES, Software, is_own_name
from holdfast.capabilities.violation import CannotEnforce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.capabilities.scope import Scope
    from holdfast.capabilities.seccomp import Net

__all__ = ["begin", "confine", "confine_kernel", "forget_variables", "plan_rules"]

_PR_SET_NO_NEW_PRIVS = 38
_NO_LANDLOCK = "it takes Landlock (Linux 5.13 or later, with landlock among its security modules)"
# Below it a file that may not be written could still be cut to nothing.
_ABI_OF_WRITES = 3
# A pattern that stands for more existing files than that asks for a folder.
_MOST_MATCHES = 10_000


def begin(scope: Scope, software: Software, *, refuses: bool) -> Watch:
    """Watch this process from now on."""
    watch = Watch(scope, software, refuses=refuses)
    watch_environment(watch.note_variable)
    watch.start()
    return watch


def confine(scope: Scope, code: list[str]) -> Watch:
    """Hold this process, and all that it starts, to what is granted; it cannot be undone.

    `code` are files of source that it may load. What the kernel cannot tell apart
    (sys, ffi, import) is refused by the audit hook alone.

    Raises:
        CannotEnforce: this machine cannot do it; nothing was changed.
    """
    software = Software(has_net=bool(scope.of_kind("net")))
    names = confine_kernel(scope, software, code)
    forget_variables(scope)
    forget_functions()
    watch = begin(scope, software, refuses=True)
    watch.know_names(names)
    if names:
        part("network").answer_names(names)
    return watch


def confine_kernel(scope: Scope, software: Software, code: list[str]) -> dict[str, list[str]]:
    """Let the kernel hold this process to what is granted; return the addresses of granted hosts.

    Raises:
        CannotEnforce: this machine cannot do it; nothing was changed.
    """
    handled, net = _handled(scope), _net(scope)
    if not handled and net == "all":
        return {}
    _check_alone()
    rules = plan_rules(scope, software, code)
    names: dict[str, list[str]] = (
        part("network").resolve_names(scope.of_kind("net")) if net == "some" else {}
    )
    is_scoped = not scope.covers("sys", "kill")
    prctl(_PR_SET_NO_NEW_PRIVS, 1)

    def install() -> int:
        if handled:
            landlock.restrict(handled, rules, is_scoped=is_scoped)
        has_run = scope.has_all("run")
        return seccomp.install(net, has_run=has_run) if seccomp.can_filter() else -1

    if net == "some":
        part("broker").start_broker(_broker_rule(scope, names), install)
        return names
    if net == "none" and not seccomp.can_filter() and not part("network").leave_network():
        raise CannotEnforce("net", "it takes seccomp filters or a network namespace")
    install()
    return names


def plan_rules(scope: Scope, software: Software, code: list[str]) -> dict[str, int]:
    """Return what the kernel shall allow to which path; changes nothing.

    Raises:
        CannotEnforce: this machine cannot hold anybody to what is granted.
    """
    _check(scope, _net(scope))
    return _rules(scope, software, code, _handled(scope))


def _net(scope: Scope) -> Net:
    return "all" if scope.has_all("net") else "some" if scope.of_kind("net") else "none"


def _handled(scope: Scope) -> int:
    """Return the kinds of access that the kernel must look at."""
    handled = 0
    if not scope.has_all("read"):
        handled |= landlock.READ
    if not scope.has_all("write"):
        handled |= landlock.WRITE
    if not scope.has_all("run"):
        handled |= landlock.EXECUTE
    return handled


def _check(scope: Scope, net: Net) -> None:
    version = landlock.abi_version()
    for kind in ("read", "write", "run"):
        if scope.has_all(kind):
            continue
        if not version:
            raise CannotEnforce(kind, _NO_LANDLOCK, f"grant all of {kind!r}, or observe instead")
        if kind == "write" and version < _ABI_OF_WRITES:
            missing = (
                f"it takes version {_ABI_OF_WRITES} of Landlock (Linux 6.2), this is {version}"
            )
            raise CannotEnforce(kind, missing, "grant all of 'write', or observe instead")
    if net == "some" and not seccomp.can_notify():
        missing = "to tell addresses apart takes seccomp user notification (Linux 5.9 or later)"
        raise CannotEnforce("net", missing, "grant all of 'net' or none of it, or observe instead")
    if net == "none" and not sys.platform.startswith("linux"):
        raise CannotEnforce("net", "it takes Linux", "grant all of 'net', or observe instead")


def _check_alone() -> None:
    if sys.platform.startswith("linux") and len(os.listdir("/proc/self/task")) > 1:
        raise CannotEnforce(
            "confinement", "threads run already, and they would stay free", "confine at the start"
        )


# --- files ------------------------------------------------------------------------


def _rules(scope: Scope, software: Software, code: list[str], handled: int) -> dict[str, int]:
    """Return which access is allowed to which path, and to all below it."""
    rules: dict[str, int] = {}

    def allow(path: str, access: int) -> None:
        rules[path] = rules.get(path, 0) | access

    for path in software.readable:
        allow(path, landlock.READ)
    for path in DEVICES:
        allow(path, landlock.READ_FILE | landlock.WRITE_FILE)
    _allow_code(code, allow)
    readable = [path for each in scope.of_kind("import") for path in _modules(each, software)] + [
        path for each in scope.of_kind("read") for path in _readable(each, scope.folder)
    ]
    if scope.has_all("run"):
        # To execute a program is to read it, too.
        readable += scope.search.split(os.pathsep)
    for path in readable:
        allow(path, landlock.READ)
    if handled & landlock.WRITE:
        for resource in scope.of_kind("write"):
            allow(_writable(resource, scope.folder), landlock.WRITE)
    if programs := scope.of_kind("run"):
        files: list[str] = part("programs").files_of_programs(programs, scope.folder, scope.search)
        for path in files:
            allow(path, landlock.EXECUTE | landlock.READ)
    return rules


def _allow_code(code: list[str], allow: Callable[[str, int], None]) -> None:
    """Allow to load these files, and to look for modules where modules are looked for."""
    for place in sys.path:
        allow(place or ".", landlock.READ_DIR)
    folders = {os.path.dirname(file) for file in code}
    for file in code:
        allow(file, landlock.READ_FILE)
    for folder in folders:
        allow(folder, landlock.READ_DIR)
        allow(os.path.join(folder, "__pycache__"), landlock.READ)


def _modules(resource: str, software: Software) -> list[str]:
    """Return where the code of an importable package of the user's lies."""
    if not resource:
        return list(sys.path)
    found: list[str] = []
    for place in sys.path:
        if not software.owns(os.path.realpath(place)):
            base = os.path.join(place, resource)
            found += [path for path in (base, f"{base}.py") if os.path.exists(path)]
    return found


def _readable(resource: str, folder: str) -> list[str]:
    base, rest = split_path_pattern(resource, folder)
    if rest in ([], ["**"]):
        return [base]
    # What is made later is not among them, and is refused: the safe side.
    return _matches(base, resource, folder)


def _matches(base: str, resource: str, folder: str) -> list[str]:
    _, rest = split_path_pattern(resource, folder)
    found: list[str] = []
    for place, folders, files in os.walk(base):
        depth = place[len(base) :].count(os.sep)
        if "**" not in rest and depth >= len(rest) - 1:
            folders.clear()
        found += [os.path.join(place, name) for name in files]
        if len(found) > _MOST_MATCHES:
            raise CannotEnforce(
                "read",
                f"{resource!r} stands for more than {_MOST_MATCHES:,} files",
                "name a folder",
            )
    covers = compile_resource("read", resource, folder, "")
    return [path for path in found if covers(path)]


def _writable(resource: str, folder: str) -> str:
    base, rest = split_path_pattern(resource, folder)
    text = format_capability("write", resource)
    if rest not in ([], ["**"]):
        missing = f"Landlock knows folders and files that exist, {text!r} stands for names"
        raise CannotEnforce("write", missing, "grant the folder")
    if not os.path.exists(base):
        missing = f"Landlock knows folders and files that exist, {text!r} does not"
        raise CannotEnforce("write", missing, "make it first, or grant its folder")
    return base


# --- the rest ---------------------------------------------------------------------


def _broker_rule(scope: Scope, names: dict[str, list[str]]) -> Callable[[str], bool]:
    """Return who may be connected to: what is granted by address, or by a name that leads there."""

    def allows(resource: str) -> bool:
        if scope.covers("net", resource):
            return True
        address, port = split_address(resource)
        return any(
            address in addresses and scope.covers("net", format_address(name, port))
            for name, addresses in names.items()
        )

    return allows


def forget_variables(scope: Scope) -> None:
    """Take what is not granted out of the environment, the C library's too."""
    names = [name for name in os.environ if not is_own_name(name) and not scope.covers("env", name)]
    if names:
        wipe_variables(names)
    for name in names:
        del os.environ[name]
