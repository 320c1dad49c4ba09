"""Which status and which words does a refused request get?"""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from examples.anomaly.api.schemas import Problem, Problems
from examples.anomaly.domain.errors import (
    BadInput,
    Conflict,
    DomainError,
    NotFound,
    StorageUnavailable,
)

STATUS: Mapping[type[DomainError], int] = {
    NotFound: 404,
    Conflict: 409,
    BadInput: 422,
    StorageUnavailable: 503,
}
SHOWN = 5


def install(app: FastAPI) -> None:
    """Make the app answer every refusal with `Problems`."""
    app.add_exception_handler(DomainError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    app.add_exception_handler(HTTPException, _refuse_http)


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, DomainError):
        raise error
    return _answer(STATUS.get(type(error), 500), [Problem(at=error.at, message=error.message)])


async def _refuse_shape(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    # The input itself is not echoed: it may be large, and NaN in it has no JSON form.
    problems = [Problem(at=_place(found["loc"]), message=found["msg"]) for found in error.errors()]
    return _answer(422, problems)


async def _refuse_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    problem = Problem(at=f"{request.method} {request.url.path}", message=error.detail)
    return _answer(error.status_code, [problem], error.headers)


def _answer(
    status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = Problems(problems=list(problems[:SHOWN]), count=len(problems))
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


def _place(location: Sequence[str | int]) -> str:
    place = ""
    for part in location[1:]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    return place.removeprefix(".") or str(location[0])


__all__ = ["install"]
