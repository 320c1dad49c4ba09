"""Which routes serve results?"""

from fastapi import APIRouter

from examples.anomaly.api.access import ServicesDep
from examples.anomaly.api.schemas import (
    FullResultOut,
    Limit,
    Offset,
    PageOut,
    ResultOut,
    page_to_plain,
)
from examples.anomaly.application import detection

router = APIRouter(prefix="/results", tags=["results"])


@router.get("")
def page(
    services: ServicesDep, detector_id: str | None = None, limit: Limit = 20, offset: Offset = 0
) -> PageOut[ResultOut]:
    """List results in short, oldest first."""
    found = detection.page_results(
        services.store, detector_id=detector_id, limit=limit, offset=offset
    )
    return page_to_plain(found, [ResultOut.of(result) for result in found.items])


@router.get("/{result_id}")
def find(services: ServicesDep, result_id: str) -> FullResultOut:
    """Read one result whole."""
    return FullResultOut.of(detection.find_result(services.store, result_id))


__all__ = ["router"]
