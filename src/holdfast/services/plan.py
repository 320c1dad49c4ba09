"""Which services does a case need, and in which order are they started?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.errors import UsageError
from holdfast.model.case import Case, Expect, Step, Suite
from holdfast.settings import ServiceSettings
from holdfast.text.suggest import did_you_mean
from holdfast.text.templates import names_in

__all__ = ["find_needs", "services_of"]

# A service may need one that lives at least as long as itself.
_WIDTH = {"case": 0, "suite": 1, "run": 2}


def find_needs(services: Mapping[str, ServiceSettings]) -> dict[str, tuple[str, ...]]:
    """Return for each service which others its command and environment name, in start order.

    Raises:
        UsageError: they name one another in a circle, or one that is stopped earlier.
    """
    direct = {
        name: sorted(_named(_templated(service)) & (services.keys() - {name}))
        for name, service in services.items()
    }
    for name, others in direct.items():
        for other in others:
            _check_scopes(name, services[name], other, services[other])
    return {name: tuple(_closure(name, direct, ())) for name in sorted(direct)}


def services_of(case: Case, suite: Suite, needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the services of a case in start order: those of its suite, and those it names.

    `needs` comes from `find_needs`.

    Raises:
        UsageError: the suite names a service that does not exist.
    """
    for name in suite.services:
        if name not in needs:
            raise UsageError(
                f"no such service {name!r}{did_you_mean(name, needs)}",
                hint=f"declare it in the settings: [services.{name}]",
            )
    wanted = sorted({*suite.services, *(_named(_authored(case, suite)) & needs.keys())})
    order: dict[str, None] = {}
    for name in wanted:
        order.update(dict.fromkeys((*needs[name], name)))
    return tuple(order)


def _templated(service: ServiceSettings) -> list[Any]:
    command = service.command
    return [command if isinstance(command, str) else list(command), service.env]


def _authored(case: Case, suite: Suite) -> list[Any]:
    """Return everything in which a case may name a service."""
    lists = (case.steps, case.teardown, suite.before, suite.before_each)
    after = (suite.after_each, suite.after_all)
    steps = [step for each in (*lists, *after) for step in each]
    return [case.target.spec, *_params(case.expect), *(_of_step(step) for step in steps)]


def _of_step(step: Step) -> list[Any]:
    until = step.until.expect if step.until else ()
    return [step.target.spec, *_params(step.expect), *_params(until)]


def _params(expects: Iterable[Expect]) -> list[Any]:
    return [expect.params for expect in expects]


def _named(value: Any) -> set[str]:
    """Return the names that templates look up; `{link.x}` and `{services.api.port}` by their parts."""
    found: set[str] = set()
    for reference in names_in(value):
        if reference.kind == "name":
            first, *rest = reference.text.split(".")
            found.add(rest[0] if first == "services" and rest else first)
    return found


def _check_scopes(name: str, service: ServiceSettings, other: str, needed: ServiceSettings) -> None:
    if _WIDTH[needed.scope] < _WIDTH[service.scope]:
        raise UsageError(
            f"service {name!r} (scope {service.scope}) must not need {other!r} (scope {needed.scope})",
            hint=f"give {other!r} the scope {service.scope!r} too",
        )


def _closure(name: str, direct: Mapping[str, list[str]], path: tuple[str, ...]) -> list[str]:
    """Return what must be started before `name`, needs of needs first."""
    if name in path:
        circle = " -> ".join([*path[path.index(name) :], name])
        raise UsageError(f"services must not need one another in a circle, got {circle}")
    order: dict[str, None] = {}
    for other in direct[name]:
        order.update(dict.fromkeys((*_closure(other, direct, (*path, name)), other)))
    return list(order)
