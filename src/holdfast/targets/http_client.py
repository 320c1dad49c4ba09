"""Which HTTP client carries a request: whose connections, whose cookies, which TLS?"""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar

import httpx2
import msgspec

__all__ = ["HttpClients", "HttpSession", "Tls"]

# Below the 5 s after which uvicorn and others close an idle connection: a request that is sent
# while the server closes would end as an error that says nothing about the system under test.
_KEEPALIVE_S = 2.0


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server's certificate is checked, and which one is shown; paths of PEM files."""

    verify: bool = True
    ca: str = ""
    cert: str = ""
    key: str = ""


class HttpClients:
    """The connections of a run: one pool for each set of TLS options, no proxies from the environment.

    `slots` bounds the connections of a pool; the scheduler never has more in flight.
    `timeout_s` bounds each phase of a request (connect, one read, one write).
    """

    def __init__(self, *, slots: int = 32, timeout_s: float = 30.0) -> None:
        self._limits = httpx2.Limits(
            max_connections=slots,
            max_keepalive_connections=slots,
            keepalive_expiry=_KEEPALIVE_S,
        )
        self._timeout = httpx2.Timeout(timeout_s)
        self._transports: dict[Tls, httpx2.AsyncHTTPTransport] = {}

    def session(self) -> HttpSession:
        """Return a fresh jar of cookies over the run's connections: one for each attempt."""
        return HttpSession(self)

    def warm(self) -> None:
        """Load the certificates now: it takes longer than most requests, and belongs to none of them."""
        self._transport(Tls())

    def client(self, tls: Tls, jar: CookieJar) -> httpx2.AsyncClient:
        """Return a client over the shared pool of these TLS options; it needs no closing.

        Raises:
            OSError: a certificate cannot be read.
            ssl.SSLError: a certificate is none.
        """
        return httpx2.AsyncClient(
            transport=self._transport(tls),
            cookies=jar,
            timeout=self._timeout,
            trust_env=False,
            headers={"User-Agent": "holdfast"},
        )

    def _transport(self, tls: Tls) -> httpx2.AsyncHTTPTransport:
        known = self._transports.get(tls)
        if known is None:
            known = self._transports[tls] = httpx2.AsyncHTTPTransport(
                verify=_ssl_context(tls), trust_env=False, limits=self._limits
            )
        return known

    async def close(self) -> None:
        """Close every connection."""
        while self._transports:
            _, transport = self._transports.popitem()
            await transport.aclose()


class HttpSession:
    """One attempt's cookies: its steps share them, other attempts never see them."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients
        self._jar = CookieJar()
        self._of_tls: dict[Tls, httpx2.AsyncClient] = {}

    def session(self) -> HttpSession:
        """Return itself: whoever asks inside an attempt shares its cookies."""
        return self

    def client(self, tls: Tls) -> httpx2.AsyncClient:
        """Return the attempt's client for these TLS options.

        Raises:
            OSError: a certificate cannot be read.
            ssl.SSLError: a certificate is none.
        """
        known = self._of_tls.get(tls)
        if known is None:
            known = self._of_tls[tls] = self._clients.client(tls, self._jar)
        return known


def _ssl_context(tls: Tls) -> ssl.SSLContext:
    if tls.ca:
        context = ssl.create_default_context(cafile=tls.ca)
    else:
        context = httpx2.create_ssl_context(trust_env=False)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    return context
