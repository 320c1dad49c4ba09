"""What is one of the two versions, and what does a process need to hold it?"""

from __future__ import annotations

import base64
import contextlib
import inspect
import pickle
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, cast

import cloudpickle  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec

from holdfast.errors import UsageError
from holdfast.measure.version_place import Place, placed

__all__ = ["Prepared", "Target", "Version", "as_version", "name_of", "prepared"]

Target = str | Callable[..., Any]
_dump_by_value: Callable[[Any], bytes] = cast("Any", cloudpickle).dumps


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison: what is called, and in which surroundings.

    Exactly one of `target` ("module:function", "path.py:function" or a callable) and `command`
    (its arguments, run to its end for each call). `kwargs` are plain data handed to each call.
    Coroutine functions are awaited inside one running loop, `concurrency` at a time.

    Surroundings, by default those of the caller: `revision`, a git revision of the repository in
    `folder`, checked out in a worktree of its own; `python`, another interpreter; `install`,
    arguments for `pip install` into a folder of their own, which comes first on the path
    (`("package==1.2",)`); `path`, folders that come first on the path; `env`, added variables.

    >>> Version(target="json:dumps", kwargs={"obj": [1, 2, 3]}, revision="main")  # doctest: +SKIP
    """

    target: Target | None = None
    command: tuple[str, ...] = ()
    kwargs: Mapping[str, Any] = {}
    concurrency: int = 1
    revision: str = ""
    folder: str = ""
    python: str = ""
    install: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    env: Mapping[str, str] = {}


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """All that a process needs to hold a version.

    `root` is the folder from which its code must come, "" where any place will do. `is_foreign`
    says that the target itself lies elsewhere, and what it imports must come from there.
    """

    name: str
    python: str
    folder: str
    root: str
    is_foreign: bool
    env: Mapping[str, str]
    message: Mapping[str, Any]


def as_version(given: Version | Target) -> Version:
    """Return a version, made of a target where it is not one yet.

    Raises:
        UsageError: it cannot be called, or asks for two things at once.
    """
    version = given if isinstance(given, Version) else Version(target=given)
    if (version.target is None) == (not version.command):
        raise UsageError(
            "a version must have either a target or a command, "
            f"got {'both' if version.command else 'neither'}"
        )
    target = version.target
    if isinstance(target, str):
        module, _, name = target.rpartition(":")
        if not module or not name:
            raise UsageError(f"a target must be 'module:function', got {target!r}")
    elif target is not None:
        _check_callable(target, version)
    if version.concurrency < 1:
        raise UsageError(f"concurrency must be at least 1, got {version.concurrency!r}")
    return version


def _check_callable(target: Any, version: Version) -> None:
    if not callable(target):
        raise UsageError(f"a target must be callable or 'module:function', got {target!r:.80}")
    if version.revision or version.python or version.install:
        raise UsageError(
            "a target in other surroundings must be named, got a callable of this process",
            hint=f"write it as {_reference(target) or 'module:function'!r}",
        )


def name_of(version: Version) -> str:
    """Return a name for messages: what is called, and where."""
    target = version.target
    if target is None:
        what = " ".join(version.command)
    else:
        what = target if isinstance(target, str) else _reference(target) or repr(target)
    where = [version.revision, version.python, *version.install]
    return " ".join([what, *(f"({each})" for each in where if each)])


@contextlib.contextmanager
def prepared(version: Version) -> Generator[Prepared]:
    """Prepare a version's surroundings, and take them away again.

    Raises:
        PlaceFailed: there is no such revision, or something cannot be installed.
        UsageError: a callable cannot travel to another process.
    """
    with placed(
        folder=version.folder,
        revision=version.revision,
        python=version.python,
        install=version.install,
    ) as place:
        yield Prepared(
            name=name_of(version),
            python=version.python or sys.executable,
            folder=place.folder,
            root=place.root,
            is_foreign=_is_foreign(version.target),
            env=version.env,
            message=_message(version, place),
        )


def _message(version: Version, place: Place) -> dict[str, Any]:
    message: dict[str, Any] = {
        "path": [*(str(Path(each).absolute()) for each in version.path), *place.path],
        "is_whole_path": place.is_whole_path,
        "kwargs": dict(version.kwargs),
        "concurrency": version.concurrency,
        "root": place.root,
    }
    target = version.target
    if target is None:
        return {**message, "command": list(version.command)}
    if isinstance(target, str):
        file, _, name = target.rpartition(":")
        if file.endswith(".py"):
            target = f"{Path(place.folder, file)}:{name}"
        return {**message, "ref": target}
    reference = _reference(target)
    return {**message, "ref": reference} if reference else {**message, "pickle": _pickled(target)}


def _is_foreign(target: Target | None) -> bool:
    return isinstance(target, str) and Path(target.rpartition(":")[0]).is_absolute()


def _reference(target: Callable[..., Any]) -> str:
    """Return the name by which another process finds a function, "" where there is none."""
    module, name = getattr(target, "__module__", ""), getattr(target, "__qualname__", "")
    if not inspect.isroutine(target) or not module or module == "__main__" or "<" in name:
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is target else ""


def _pickled(target: Callable[..., Any]) -> str:
    try:
        try:
            data = pickle.dumps(target)
            if b"__main__" in data:
                data = _dump_by_value(target)
        except Exception:  # noqa: BLE001 - any __reduce__ may raise anything; the next way is tried
            data = _dump_by_value(target)
    except Exception as error:
        raise UsageError(
            f"a callable must be picklable to reach a fresh process, got {target!r:.80}: "
            f"{type(error).__name__}: {error}",
            hint="write it as 'module:function'",
        ) from error
    return base64.b64encode(data).decode()
