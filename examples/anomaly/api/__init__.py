"""How is the service reached? `uvicorn examples.anomaly.api:app`."""

from examples.anomaly.api.build import create_app

app = create_app()

__all__ = ["app", "create_app"]
