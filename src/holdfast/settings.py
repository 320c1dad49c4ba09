"""What was this run told, and where did each value come from?

The values only; `settings_load.py` reads them from flags, environment and file.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "GateSettings",
    "LinkSettings",
    "ReadySettings",
    "ResourceSettings",
    "ServiceSettings",
    "Settings",
    "SuiteSettings",
]

UndecidedPolicy = Literal["fail", "warn"]
FlakyPolicy = Literal["ignore", "warn", "fail"]


class ResourceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit on what is in flight: `permits` at once, `rate` starts such as "60/min", `breaker` failures that open it."""

    permits: int = 1
    rate: str = ""
    breaker: int = 5


class ReadySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a service says that it is ready: an HTTP path, a TCP port, or a line in its log."""

    http: str = ""
    tcp: bool = False
    log: str = ""
    within: str = "20s"


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A process under test (`command`), or the address of one that already runs (`url`)."""

    command: str | tuple[str, ...] = ""
    url: str = ""
    ready: ReadySettings = ReadySettings()
    scope: Literal["run", "suite", "case"] = "run"
    env: dict[str, str] = {}
    cwd: str = ""


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TCP address that the system under test talks to."""

    to: str


class SuiteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the cases of a suite come from: case files and Python files, as globs."""

    cases: tuple[str, ...] = ()
    python: tuple[str, ...] = ()


class SuiteGate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of the gate that a suite may tighten."""

    success_rate: float = 1.0


class GateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy that turns a run into an exit code."""

    success_rate: float = 1.0
    undecided: UndecidedPolicy = "fail"
    flaky: FlakyPolicy = "warn"
    suite: dict[str, SuiteGate] = {}


class SecretSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of variables whose values never leave the run, besides those whose name says so."""

    env: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run can be told. Durations are authored as text ("30s")."""

    workers: int | Literal["auto"] = "auto"
    slots: int = 32
    store: str = "sqlite:///.holdfast/holdfast.db"
    timeout: str = "60s"
    budget: str = ""
    seed: int | None = None
    select: str = ""
    per_suite: int = 0
    include_stress: bool = False
    exclude_slow: bool = False
    security: bool = True
    database_url: str = ""
    base_url: str = ""
    http_timeout: str = "30s"
    load_duration: str = "10s"
    concurrency: int = 5
    max_failures: int = 0
    cached: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    report: tuple[str, ...] = ("json", "html")
    output: str = ""
    durations: int = 0
    progress: bool = True
    in_process: bool = False
    resources: dict[str, int | ResourceSettings] = {}
    services: dict[str, ServiceSettings] = {}
    links: dict[str, LinkSettings] = {}
    suites: dict[str, SuiteSettings] = {}
    gate: GateSettings = GateSettings()
    secrets: SecretSettings = SecretSettings()
    profiles: dict[str, dict[str, Any]] = {}
