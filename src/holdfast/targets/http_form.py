"""What may be written about an HTTP request, and what does it become on the wire?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from holdfast.ports import BadParams
from holdfast.targets.http_client import Tls
from holdfast.targets.spec import check_duration, has_template

__all__ = ["Bearer", "FilePart", "HttpForm", "build_request"]

Scalar = str | int | float | bool | None

_SCHEMES = ("http://", "https://")


class Bearer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is sent as `Authorization: Bearer ...`."""

    bearer: str


class FilePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a multipart form: a `path` beside the case file, or its `content`."""

    path: str = ""
    content: str | None = None
    filename: str = ""
    content_type: str = ""

    def __post_init__(self) -> None:
        if bool(self.path) == (self.content is not None):
            raise ValueError("a file must have either 'path' or 'content'")


class HttpForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authored fields of an HTTP request.

    Without `method` it is POST where there is a body, else GET. `follow` follows
    redirects. `timeout` bounds the whole request, within the case's own.
    """

    url: str
    method: str = ""
    headers: dict[str, Scalar] = {}
    params: dict[str, Scalar | list[Scalar]] = {}
    json: Any = msgspec.UNSET
    form: dict[str, Scalar | list[Scalar]] | None = None
    files: dict[str, str | FilePart] | None = None
    content: str | None = None
    auth: tuple[str, str] | Bearer | None = None
    cookies: dict[str, str | int | float] = {}
    follow: bool = False
    tls: Tls = Tls()
    timeout: str | float | None = None

    def __post_init__(self) -> None:
        bodies = {
            "json": self.json is not msgspec.UNSET,
            "form or files": self.form is not None or self.files is not None,
            "content": self.content is not None,
        }
        given = [name for name, is_given in bodies.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"a request must have one body, got {' and '.join(given)}")
        if self.method and not has_template(self.method) and not self.method.isalpha():
            raise ValueError(f"'method' must be a word such as GET, got {self.method!r}")
        check_duration(self.timeout)

    @property
    def has_body(self) -> bool:
        """Whether something is sent."""
        return self.json is not msgspec.UNSET or any(
            body is not None for body in (self.form, self.files, self.content)
        )

    @property
    def verb(self) -> str:
        """The method that is sent."""
        return self.method.upper() or ("POST" if self.has_body else "GET")


async def build_request(
    client: httpx2.AsyncClient, form: HttpForm, *, base_url: str, folder: str
) -> httpx2.Request:
    """Build the request; files are read from beside the case file, in `folder`.

    Raises:
        BadParams: a field cannot be sent.
        OSError: a file cannot be read.
    """
    files = await asyncio.to_thread(_read_files, form.files, Path(folder)) if form.files else None
    body: dict[str, Any] = {"data": _texts(form.form) if form.form else None, "files": files}
    if form.json is not msgspec.UNSET:
        body = {"json": form.json}
    elif form.content is not None:
        body = {"content": form.content.encode()}
    try:
        url = full_url(form.url, base_url)
        request = client.build_request(
            form.verb,
            url,
            headers=_headers(form),
            params=_texts(form.params) or None,
            cookies={name: _text(value) for name, value in form.cookies.items()} or None,
            **body,
        )
    except BadParams:
        raise
    except (httpx2.InvalidURL, TypeError, ValueError) as error:
        raise BadParams(f"the request cannot be sent: {error}") from error
    if form.auth and not isinstance(form.auth, Bearer):
        user, password = form.auth
        return next(httpx2.BasicAuth(user, password).auth_flow(request))
    return request


def full_url(url: str, base_url: str) -> str:
    """Complete a path with the base URL.

    Raises:
        BadParams: there is no scheme, nothing to complete it with, or no host.
        httpx2.InvalidURL: it cannot be read as a URL.
    """
    if url.startswith(_SCHEMES):
        parsed = httpx2.URL(url)
        if not parsed.host or (parsed.port or 0) > 65535:
            raise BadParams(f"'url' must name a host and a port up to 65535, got {url!r}")
        return url
    if url.startswith("/") and base_url:
        return f"{base_url.rstrip('/')}{url}"
    hint = "write http:// or https://, '{service}/path', or '/path' with the setting base_url"
    raise BadParams(f"'url' must start with http:// or https://, got {url!r}", hint=hint)


def _headers(form: HttpForm) -> dict[str, str]:
    headers = {name: _text(value) for name, value in form.headers.items()}
    if isinstance(form.auth, Bearer):
        headers["Authorization"] = f"Bearer {form.auth.bearer}"
    return headers


def _text(value: Scalar) -> str:
    """Write a value as JSON would: true, not True."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(fields: Mapping[str, Scalar | list[Scalar]]) -> dict[str, str | list[str]]:
    return {
        name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
        for name, value in fields.items()
    }


def _read_files(files: Mapping[str, str | FilePart], folder: Path) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    for field, file in files.items():
        part = FilePart(path=file) if isinstance(file, str) else file
        content = (
            part.content.encode() if part.content is not None else (folder / part.path).read_bytes()
        )
        name = part.filename or Path(part.path).name or field
        triple = (name, content, part.content_type) if part.content_type else (name, content)
        parts.append((field, triple))
    return parts
