"""What does a resource of the settings allow?"""

from __future__ import annotations

from holdfast.model.plan import Resource
from holdfast.settings.values import ResourceSettings
from holdfast.text.units import parse_rate

__all__ = ["resource_of"]


def resource_of(name: str, value: int | ResourceSettings) -> Resource:
    """Return the limits of a resource; a bare number is its permits.

    >>> resource_of("api", ResourceSettings(permits=5, rate="60/min")).rate_s
    1.0
    """
    if isinstance(value, int):
        return Resource(name=name, permits=value)
    rate_s = 1 / parse_rate(value.rate) if value.rate else 0.0
    return Resource(name=name, permits=value.permits, rate_s=rate_s, breaker=value.breaker)
