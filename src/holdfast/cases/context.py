"""What do all files of one load share?"""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.cases.authored import build_forms
from holdfast.cases.expectations import Expectations
from holdfast.cases.targets import Targets
from holdfast.registry import Registry
from holdfast.settings import ResourceSettings, Settings

__all__ = ["Context"]


class Context:
    """The components, what is declared in the settings, the environment and the day."""

    def __init__(
        self, *, registry: Registry, settings: Settings, env: Mapping[str, str], today: str
    ) -> None:
        self.registry = registry
        self.settings = settings
        self.env = env
        self.today = today
        self.forms = build_forms(registry)
        self.around = frozenset(self.forms.around)
        self.targets = Targets(registry)
        self.expectations = Expectations(registry)
        self.permits = _permits(settings)
        self.services = frozenset(settings.services)
        self.names = frozenset(
            {"base_url", "database_url", "services", *settings.services, *settings.links}
        )


def _permits(settings: Settings) -> dict[str, int]:
    """Return the permits of everything that a case may use; a service or link is used alone."""
    permits = dict.fromkeys((*settings.services, *settings.links), 1)
    permits["machine"] = settings.slots
    for name, resource in settings.resources.items():
        permits[name] = resource.permits if isinstance(resource, ResourceSettings) else resource
    return permits
