"""How does a route reach the application?"""

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from examples.anomaly.application.ports import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep: TypeAlias = Annotated[Services, Depends(_services)]

__all__ = ["ServicesDep"]
