"""What was this run told, by whom? Flag, environment, profile, file, default: the first that speaks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import msgspec.inspect as kinds

from holdfast.errors import Problem, ProblemsError
from holdfast.settings.agree import find_conflicts, tables_in
from holdfast.settings.check import SETTINGS, Fault, Place, check, dotted, from_text
from holdfast.settings.dotenv import read_dotenv
from holdfast.settings.file import SettingsFile, find_file
from holdfast.settings.secret import secrets_of
from holdfast.settings.values import Settings
from holdfast.settings.variables import PROFILE, VARIABLES, read_variable, unknown_variables
from holdfast.text.suggest import did_you_mean

__all__ = ["Loaded", "load_settings"]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a run and where they come from.

    `origins` maps the dotted name of every value that is not a default to its
    origin. `root` is the folder of the settings file `file`, else the current one.
    `env` is the environment, with what `.env` adds to it.
    """

    settings: Settings
    origins: Mapping[str, str]
    root: Path
    file: Path | None
    env: Mapping[str, str]
    profile: str = ""

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret value that is known, by where it stands."""
        return secrets_of(self.settings, self.env)


def load_settings(
    *, flags: Mapping[str, Any], env: Mapping[str, str], cwd: Path, profile: str = ""
) -> Loaded:
    """Read the settings that hold in a folder.

    `flags` are values by dotted setting name; None means not given. Relative
    paths of the result are below `root`.

    Raises:
        ProblemsError: something is wrong; all of it is said at once.
    """
    reading = _Reading(cwd)
    variables = reading.environment(env)
    chosen = profile or variables.get(PROFILE, ("", ""))[0]
    reading.check_file()
    reading.take_file()
    if chosen:
        reading.take_profile(chosen)
    reading.take_variables(variables)
    reading.take_flags(flags)
    settings = reading.finish()
    return Loaded(
        settings=settings,
        origins=reading.origins,
        root=reading.root,
        file=reading.file.path if reading.file else None,
        env={name: text for name, (text, _) in variables.items()},
        profile=chosen,
    )


NAMES = frozenset(dotted(place) for place, _ in VARIABLES.values())

# A variable's value, and where it stands: "" for the environment of the process.
_Variables = dict[str, tuple[str, str]]


class _Reading:
    """One reading: the values so far, their origins, and every problem."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd = cwd.absolute()
        self.file: SettingsFile | None = find_file([cwd, *cwd.parents], cwd)
        self.root = self.file.path.parent if self.file else cwd
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.problems: list[Problem] = list(self.file.problems) if self.file else []
        # Where a value stands in the file: a profile's values stand below the profile.
        self._ways: dict[Place, Place] = {}
        # What is wrong in type may be nested without end; only what is right is taken.
        self._is_sound = True

    def environment(self, env: Mapping[str, str]) -> _Variables:
        """Join `.env` and the environment; what the process was given wins."""
        shown = os.path.relpath(self.root / ".env", self.cwd)
        found, problems = read_dotenv(self.root / ".env", shown)
        self.problems += problems
        variables = {name: (text, f"{shown}:{line}") for name, (text, line) in found.items()}
        variables |= {name: (text, "") for name, text in env.items()}
        for name, message in unknown_variables(variables).items():
            self.refuse_variable(name, variables[name][1], message)
        return variables

    def check_file(self) -> None:
        """Check the whole file, also the profiles that are not chosen."""
        if self.file is None:
            return
        profiles = self.file.data.get("profiles")
        faults = list(check(SETTINGS, self.file.data))
        for name, overlay in tables_in(profiles):
            faults += check(SETTINGS, overlay, ("profiles", name))
            if "profiles" in overlay:
                message = "a profile must not hold profiles"
                faults.append(Fault(("profiles", name, "profiles"), message))
        self.problems += [self.file.problem(fault) for fault in faults]
        self._is_sound = not faults

    def take_file(self) -> None:
        file = self.file
        if file is not None and self._is_sound:
            data = {key: value for key, value in file.data.items() if key != "profiles"}
            self.take(data, lambda place: f"{file.shown}:{file.spot(place)[0]}")
            for place in _leaves({"profiles": dict(tables_in(file.data.get("profiles")))}):
                self.origins[dotted(place)] = f"{file.shown}:{file.spot(place)[0]}"

    def take_profile(self, name: str) -> None:
        file = self.file
        profiles = dict(tables_in(file.data.get("profiles"))) if file else {}
        if file is None or name not in profiles:
            shown = file.shown if file else ""
            message = f"no such profile {name!r}{did_you_mean(name, profiles)}"
            hint = f"known: {', '.join(sorted(profiles)) or 'none'}"
            if not (file and file.problems):
                self.problems.append(Problem(shown, 0, 0, message, hint))
            return
        way: Place = ("profiles", name)
        if not self._is_sound:
            return
        self.take(
            profiles[name],
            lambda place: f"profile {name} ({file.shown}:{file.spot((*way, *place))[0]})",
            way=way,
        )

    def take_variables(self, variables: _Variables) -> None:
        for name in sorted(VARIABLES.keys() & variables.keys()):
            text, where = variables[name]
            if not text:
                continue  # an empty variable is how a job says "not set"
            place, value, messages = read_variable(name, text)
            for message in messages:
                self.refuse_variable(name, where, message)
            self.take(_nested(place, value), lambda _, n=name, w=where: f"{n} in {w}" if w else n)

    def take_flags(self, flags: Mapping[str, Any]) -> None:
        for name, given in flags.items():
            kind = _kind_of(name)
            flag = f"--{name.replace('_', '-')}"
            if kind is None:
                message = f"no such setting {name!r}{did_you_mean(name, NAMES)}"
                self.problems.append(Problem("", 0, 0, message))
            elif given is not None:
                place: Place = tuple(name.split("."))
                value = from_text(kind, given) if isinstance(given, str) else _plain(given)
                faults = check(kind, value, place, name=flag)
                self.problems += [Problem("", 0, 0, fault.message, fault.hint) for fault in faults]
                self.take(_nested(place, value), lambda _: "command line")

    def take(
        self, data: Mapping[str, Any], origin: Callable[[Place], str], *, way: Place = ()
    ) -> None:
        """Put values over those of lower rank; tables are merged, all else replaced."""
        _merge(self.values, data)
        for place in _leaves(data):
            # A number may take the place of a table, and a table that of a number.
            for known in [each for each in self._ways if _is_on_one_way(each, place)]:
                del self._ways[known], self.origins[dotted(known)]
            self._ways[place] = (*way, *place)
            self.origins[dotted(place)] = origin(place)

    def refuse_variable(self, name: str, where: str, message: str) -> None:
        path, _, line = where.rpartition(":")
        self.problems.append(Problem(path, int(line or 0), 0, message))

    def finish(self) -> Settings:
        """Check what the layers say together, and turn it into settings."""
        if not self.problems:
            self.problems += [self._locate(fault) for fault in find_conflicts(self.values)]
        if self.problems:
            raise ProblemsError(self.problems)
        profiles = dict(tables_in(self.file.data.get("profiles"))) if self.file else {}
        return msgspec.convert({**self.values, "profiles": profiles}, Settings)

    def _locate(self, fault: Fault) -> Problem:
        """Find the place in the file of a value that may come from a profile."""
        place = fault.place
        for known, way in self._ways.items():
            if known[: len(place)] == place:
                place = way[: len(way) - len(known) + len(place)]
                break
        at = Fault(place, fault.message, fault.hint)
        return self.file.problem(at) if self.file else Problem("", 0, 0, at.message, at.hint)


def _merge(base: dict[str, Any], top: Mapping[str, Any]) -> None:
    for key, value in top.items():
        below = base.get(key)
        if isinstance(value, dict):
            table = cast("dict[str, Any]", below) if isinstance(below, dict) else {}
            base[key] = dict(table)
            _merge(base[key], cast("dict[str, Any]", value))
        else:
            base[key] = value


def _leaves(data: Mapping[str, Any], way: Place = ()) -> Iterator[Place]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(cast("dict[str, Any]", value), (*way, key))
        else:
            yield (*way, key)


def _is_on_one_way(one: Place, other: Place) -> bool:
    common = min(len(one), len(other))
    return one[:common] == other[:common]


def _nested(place: Place, value: Any) -> dict[str, Any]:
    for part in reversed(place):
        value = {part: value}
    return value


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, str_keys=True)


def _kind_of(name: str) -> kinds.Type | None:
    """Return the type of a setting by its dotted name."""
    kind: kinds.Type = SETTINGS
    for part in name.split("."):
        fields = kind.fields if isinstance(kind, kinds.StructType) else ()
        found = next((field.type for field in fields if field.encode_name == part), None)
        if found is None:
            return None
        kind = found
    return kind
