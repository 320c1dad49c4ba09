"""How is the service put together, started and stopped?"""

import logging
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request

from examples.anomaly.api import datasets, detectors, errors, results
from examples.anomaly.api.schemas import HealthOut, Problems
from examples.anomaly.application import training
from examples.anomaly.application.ports import Services
from examples.anomaly.infrastructure.algorithms import SklearnAlgorithms
from examples.anomaly.infrastructure.database import Database
from examples.anomaly.infrastructure.settings import Settings, read_settings
from examples.anomaly.infrastructure.worker import Worker

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings it reads them from the environment when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with AsyncExitStack() as stack:
            _start(app, settings or read_settings(os.environ), stack)
            yield

    refused = {422: {"model": Problems}, 404: {"model": Problems}, 409: {"model": Problems}}
    app = FastAPI(
        title="Anomaly detection", version="1.0.0", lifespan=lifespan, responses={**refused}
    )
    errors.install(app)
    app.add_api_route("/health", _health, methods=["GET"], tags=["health"])
    for part in (datasets, detectors, results):
        app.include_router(part.router)
    return app


def _start(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    url = settings.database_url
    if url is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="anomaly-"))
        url = f"sqlite:///{folder}/anomaly.db"
    database = Database(url)
    stack.callback(database.close)
    database.create_tables()
    if lost := training.recover(database):
        log.warning("%d trainings of an earlier process were marked as failed", lost)
    algorithms = SklearnAlgorithms()
    worker = Worker(partial(training.run, database, algorithms))
    stack.callback(worker.close)
    app.state.database = database
    app.state.services = Services(store=database, algorithms=algorithms, queue=worker)


def _health(request: Request) -> HealthOut:
    """Say that the service and its database answer."""
    database: Database = request.app.state.database
    database.ping()
    return HealthOut(status="ok", database=database.kind)


__all__ = ["create_app"]
