"""What can a run be told? The values only; `load.py` reads them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = [
    "GateSettings",
    "LinkSettings",
    "ReadySettings",
    "ResourceSettings",
    "SecretSettings",
    "ServiceSettings",
    "Settings",
    "SuiteGate",
    "SuiteSettings",
]

UndecidedPolicy = Literal["fail", "warn"]
FlakyPolicy = Literal["ignore", "warn", "fail"]

# `extra` names what a text must be; check.py reads it, and the bounds.
Duration = Annotated[str, Meta(extra={"unit": "duration"}, examples=["200ms", "30s", "2m"])]
OptionalDuration = Annotated[
    str, Meta(extra={"unit": "duration", "optional": True}, examples=["", "10m"])
]
OptionalRate = Annotated[str, Meta(extra={"unit": "rate", "optional": True}, examples=["60/min"])]
OptionalUrl = Annotated[str, Meta(extra={"unit": "url", "optional": True})]
Count = Annotated[int, Meta(ge=0)]
Permits = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]


class ResourceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit on what is in flight: `permits` at once, `rate` starts such as "60/min", `breaker` failures that open it."""

    permits: Permits = 1
    rate: OptionalRate = ""
    breaker: Count = 5


class ReadySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a service says that it is ready: an HTTP path, a TCP port, or a line in its log."""

    http: str = ""
    tcp: bool = False
    log: str = ""
    within: Duration = "20s"


class ServiceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A process under test (`command`), or the address of one that already runs (`url`)."""

    command: str | tuple[str, ...] = ""
    url: OptionalUrl = ""
    ready: ReadySettings = ReadySettings()
    scope: Literal["run", "suite", "case"] = "run"
    env: dict[str, str] = {}
    cwd: str = ""


class LinkSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TCP address that the system under test talks to, as host:port."""

    to: str = ""


class SuiteSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the cases of a suite come from: case files and Python files, as globs."""

    cases: tuple[str, ...] = ()
    python: tuple[str, ...] = ()


class SuiteGate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of the gate that a suite may tighten."""

    success_rate: Share = 1.0


class GateSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy that turns a run into an exit code."""

    success_rate: Share = 1.0
    undecided: UndecidedPolicy = "fail"
    flaky: FlakyPolicy = "warn"
    suite: dict[str, SuiteGate] = {}


class SecretSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of variables whose values never leave the run, besides those whose name says so."""

    env: tuple[str, ...] = ()


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run can be told. Durations are authored as text ("30s")."""

    workers: Permits | Literal["auto"] = "auto"
    slots: Permits = 32
    store: str = "sqlite:///.holdfast/holdfast.db"
    timeout: Duration = "60s"
    budget: OptionalDuration = ""
    seed: int | None = None
    select: str = ""
    per_suite: Count = 0
    include_stress: bool = False
    exclude_slow: bool = False
    security: bool = True
    database_url: str = ""
    base_url: OptionalUrl = ""
    http_timeout: Duration = "30s"
    load_duration: Duration = "10s"
    concurrency: Permits = 5
    max_failures: Count = 0
    cached: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    report: tuple[str, ...] = ("json", "html")
    output: str = ""
    durations: Count = 0
    progress: bool = True
    monitor: bool = True
    in_process: bool = False
    resources: dict[str, Permits | ResourceSettings] = {}
    services: dict[str, ServiceSettings] = {}
    links: dict[str, LinkSettings] = {}
    suites: dict[str, SuiteSettings] = {}
    gate: GateSettings = GateSettings()
    secrets: SecretSettings = SecretSettings()
    profiles: dict[str, dict[str, Any]] = {}
