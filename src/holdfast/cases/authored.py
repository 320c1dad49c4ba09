"""What may an author write? The one definition that checking, building and the schema share.

Where a field holds steps, expectations or a target it is `Any` here: those are
checked one by one against the forms of their components (see `build_forms`).
"""

from __future__ import annotations

import keyword
from typing import Any, Literal, cast

import msgspec

from holdfast.registry import Registry

__all__ = [
    "BackoffForm",
    "CaseForm",
    "DefaultsForm",
    "Forms",
    "Quantity",
    "RequiresForm",
    "StepForm",
    "SuiteForm",
    "UntilForm",
    "WaiverForm",
    "build_forms",
]

_AROUND: tuple[Literal["driver", "condition", "probe"], ...] = ("driver", "condition", "probe")

# A number with its unit ("30s", "512MiB"), or a bare number in seconds or bytes.
Quantity = str | int | float


class WaiverForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `skip` or `xfail` with its reason and the last day on which it holds."""

    reason: str
    until: str = ""


class BackoffForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a case is attempted again, after which outcomes, and how long to wait."""

    times: int
    on: list[str] = []
    backoff: Quantity = 0
    factor: Quantity = 2.0


class RequiresForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the machine must have free."""

    memory: Quantity = 0
    disk: Quantity = 0
    cpus: int | float = 0


class UntilForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Repeat a step until these expectations hold."""

    expect: list[Any]
    every: Quantity = 0.2
    within: Quantity = 10


class DefaultsForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every case of a suite has unless it says otherwise.

    Lists are added to (`tags`, `expect`: the defaults come first), objects are merged
    key by key (`uses`, `requires`), everything else is overridden.
    """

    tags: list[str] = []
    priority: int | None = None
    uses: dict[str, int] = {}
    requires: RequiresForm | None = None
    timeout: Quantity | None = None
    retries: int | BackoffForm | None = None
    skip: bool | str | WaiverForm | None = None
    xfail: bool | str | WaiverForm | None = None
    severity: Literal["low", "medium", "high", "critical"] | None = None
    enabled: bool | None = None
    seed: int | None = None
    expect: list[Any] = []


class CaseForm(DefaultsForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case; the fields of the targets are added by `build_forms`."""

    id: str = ""
    name: str = ""
    description: str = ""
    after: list[str] = []
    foreach: dict[str, Any] = {}
    with_: dict[str, Any] | None = msgspec.field(name="with", default=None)
    teardown: list[Any] = []
    share: bool = False


class StepForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step; the fields of the targets are added by `build_forms`."""

    name: str = ""
    with_: dict[str, Any] | None = msgspec.field(name="with", default=None)
    expect: list[Any] = []
    save: dict[str, str] = {}
    until: UntilForm | None = None
    timeout: Quantity | None = None


class SuiteForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The top level of a case file."""

    schema: str = msgspec.field(name="$schema", default="")
    suite: str = ""
    description: str = ""
    services: list[str] = []
    defaults: DefaultsForm | None = None
    before: list[Any] = []
    before_each: list[Any] = []
    after_each: list[Any] = []
    after_all: list[Any] = []
    cases: list[Any] = []


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """The forms with the components of one registry.

    `targets` are (attribute, name); `around` are the keys that name a driver, a condition or
    a probe, with their kinds.
    """

    case: type[CaseForm]
    step: type[StepForm]
    targets: tuple[tuple[str, str], ...]
    around: dict[str, Literal["driver", "condition", "probe"]]


def build_forms(registry: Registry) -> Forms:
    """Add a field for every registered target, and to cases one for whatever surrounds a call.

    A step cannot hold steps.
    """
    targets = tuple((_attribute(name), name) for name in registry.names("target"))
    around: dict[str, Literal["driver", "condition", "probe"]] = {
        name: kind for kind in _AROUND for name in registry.names(kind)
    }
    fields = [_field(attribute, name) for attribute, name in targets]
    fields += [_field(f"around_{_attribute(name)}", name) for name in around]
    inner = [_field(attribute, name) for attribute, name in targets if name != "steps"]
    case = msgspec.defstruct(
        "Case", fields, bases=(CaseForm,), frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    step = msgspec.defstruct(
        "Step", inner, bases=(StepForm,), frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    return Forms(
        case=cast("type[CaseForm]", case),
        step=cast("type[StepForm]", step),
        targets=targets,
        around=around,
    )


def _field(attribute: str, name: str) -> tuple[str, Any, Any]:
    return (attribute, Any, msgspec.field(name=name, default=msgspec.UNSET))


def _attribute(name: str) -> str:
    plain = "".join(char if char.isalnum() else "_" for char in name)
    return f"{plain}_" if keyword.iskeyword(plain) else f"target_{plain}"
