"""Does a run's HTTP client keep attempts apart, and share nothing but connections?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.model.evidence import Evidence
from holdfast.targets.http import TARGET
from holdfast.targets.http_client import HttpClients, Tls
from tests.contract.target_kit import REGISTRY, answer, context, serving

CLIENTS = [name for kind, name, _ in COMPONENTS if kind == "client"]


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_made_with_the_runs_limits_and_closes(name: str) -> None:
    async def main() -> None:
        clients: Any = REGISTRY.load("client", name)(slots=2, timeout_s=1.0)
        session = clients.session()
        assert session.session() is session
        await clients.close()

    asyncio.run(main())


def test_cookies_last_for_one_attempt_and_never_reach_another() -> None:
    async def main() -> list[str | None]:
        clients = HttpClients()
        try:
            async with serving({"/x": answer(set_cookie="sid=1; Path=/")}) as server:
                first, second = clients.session(), clients.session()
                for session in (first, first, second):
                    ctx = context(http=session)
                    assert (await TARGET.call({"url": f"{server.url}/x"}, ctx)).error is None
                assert server.connections == 1
                return [request.headers.get("cookie") for request in server.requests]
        finally:
            await clients.close()

    assert asyncio.run(main()) == [None, "sid=1", None]


def test_cookies_do_not_depend_on_tls_options() -> None:
    async def main() -> list[str | None]:
        clients = HttpClients()
        try:
            async with serving({"/x": answer(set_cookie="sid=1")}) as server:
                ctx = context(http=clients.session())
                for tls in ({}, {"verify": False}):
                    await TARGET.call({"url": f"{server.url}/x", "tls": tls}, ctx)
                return [request.headers.get("cookie") for request in server.requests]
        finally:
            await clients.close()

    assert asyncio.run(main()) == [None, "sid=1"]


def test_a_provider_of_the_whole_run_gives_each_call_its_own_cookies() -> None:
    async def main() -> list[str | None]:
        clients = HttpClients()
        try:
            async with serving({"/x": answer(set_cookie="sid=1")}) as server:
                for _ in range(2):
                    await TARGET.call({"url": f"{server.url}/x"}, context(http=clients))
                return [request.headers.get("cookie") for request in server.requests]
        finally:
            await clients.close()

    assert asyncio.run(main()) == [None, None]


def test_tls_to_a_server_that_speaks_none_is_an_exception() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(1)
        writer.close()
        await writer.wait_closed()

    async def main() -> Evidence:
        clients = HttpClients()
        listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        try:
            ctx = context(http=clients, timeout_s=10)
            return await TARGET.call({"url": f"https://127.0.0.1:{port}"}, ctx)
        finally:
            await clients.close()
            listener.close()

    error = asyncio.run(main()).error
    assert error is not None
    assert (error.kind, error.type) == ("exception", "ConnectError")


def test_one_pool_serves_equal_tls_options() -> None:
    async def main() -> tuple[bool, bool]:
        clients = HttpClients()
        session = clients.session()
        same = session.client(Tls()) is session.client(Tls())
        other = session.client(Tls()) is session.client(Tls(verify=False))
        await clients.close()
        return same, other

    assert asyncio.run(main()) == (True, False)


def test_a_path_alone_goes_to_the_base_url() -> None:
    async def main() -> Evidence:
        clients = HttpClients()
        try:
            async with serving({"/x": answer("here")}) as server:
                variables = {"base_url": f"{server.url}/"}
                return await TARGET.call({"url": "/x"}, context(http=clients, variables=variables))
        finally:
            await clients.close()

    assert asyncio.run(main()).value == "here"
