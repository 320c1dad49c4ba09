"""Is a real service started, waited for, watched and stopped, with nothing left of it?"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest

from holdfast.clock import SystemClock
from holdfast.errors import HoldfastError
from holdfast.model.case import Case, Suite, Target
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from holdfast.services.address import Ports
from holdfast.services.log import Log
from holdfast.services.running import RunServices
from holdfast.services.service import Place, make_service
from holdfast.settings import LinkSettings, ReadySettings, ServiceSettings
from tests.contract.target_kit import answer, serving

# A small service: /health, /env, /die; what it says at its start can be chosen.
SERVER = """
import http.server, json, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os.kill(os.getpid(), signal.SIGKILL)
        status = 200 if self.path in ("/health", "/env") else 404
        body = json.dumps({"pid": os.getpid(), "env": dict(os.environ)}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
if os.environ.get("STUBBORN"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening now")
server.serve_forever()
"""
SERVE = (sys.executable, "-I", "-u", "-c", SERVER, "{port}")
HEALTH = ReadySettings(http="/health", within="20s")
SUITE = Suite(name="s")
Scope = Literal["run", "suite", "case"]


class Given(Ports):
    """Gives out the ports that a test says, then free ones."""

    def __init__(self, *ports: int) -> None:
        super().__init__()
        self._first = list(ports)

    def take(self) -> int:
        return self._first.pop(0) if self._first else super().take()


def in_a_run(
    folder: Path, main: Callable[[Place], Awaitable[Any]], *, ports: Ports | None = None
) -> Any:
    """Run `main` with a place over a reaper of its own."""

    async def run() -> Any:
        reaper = Reaper("test-service")
        place = Place(
            spawn=partial(spawn_child, reaper),
            root=folder,
            logs=folder / "logs",
            clock=SystemClock(),
            env=os.environ,
            ports=ports or Ports(),
        )
        try:
            return await main(place)
        finally:
            reaper.close()

    return asyncio.run(run())


def code(text: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-u", "-c", text)


def service(
    command: str | tuple[str, ...] = SERVE, ready: ReadySettings = HEALTH, **fields: Any
) -> ServiceSettings:
    return ServiceSettings(command=command, ready=ready, **fields)


def case(name: str = "c", url: str = "{api}/x", suite: str = "s") -> Case:
    return Case(suite=suite, id=name, target=Target(kind="http", spec={"url": url}))


async def ask(url: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/env")).json()


async def kill(url: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(f"{url}/die")


async def until_lost(services: RunServices, used: Case) -> str:
    """Wait until the exit of the case's first service was told, and return what is said of it."""
    process = services._used[used.full_id][0]._process  # type: ignore[union-attr]
    assert process is not None
    await process.exited
    return services.lost(used, SUITE)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "ready",
    [
        HEALTH,
        ReadySettings(tcp=True),
        ReadySettings(),
        ReadySettings(log="listening now"),
        ReadySettings(log="listening", http="/health"),
    ],
)
def test_a_service_is_ready_when_start_returns_and_gone_when_stop_does(
    tmp_path: Path, ready: ReadySettings
) -> None:
    async def main(place: Place) -> tuple[int, str]:
        one = make_service("api", service(ready=ready), place, names={})
        await one.start()
        pid = (await ask(one.url))["pid"]
        assert one.ended() == ""
        await one.stop()
        assert not is_alive(pid)
        return pid, one.url

    pid, url = in_a_run(tmp_path, main)
    assert pid > 0
    assert url.startswith("http://127.0.0.1:")
    assert "listening now" in (tmp_path / "logs" / "api.log").read_text()


def test_a_service_gets_its_environment_and_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    show = "import os; print(os.getcwd(), os.environ['DB'], os.environ['HOME'], 'shown')"

    async def main(place: Place) -> None:
        settings = service(
            code(f"{show}; input()"),
            ReadySettings(log="shown"),
            env={"DB": "{link.database}"},
            cwd="sub",
        )
        # Its input is empty: it ends by itself once it has shown what it got.
        one = make_service("worker", settings, place, names={"link": {"database": "h:1"}})
        await one.start()
        await one.stop()

    in_a_run(tmp_path, main)
    assert (
        (tmp_path / "logs" / "worker.log")
        .read_text()
        .startswith(f"{(tmp_path / 'sub').resolve()} h:1 {os.environ['HOME']} shown\n")
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            service(code("print('first'); print('cause'); raise SystemExit(3)")),
            "service 'api' must become ready, got exit 3; its last lines:\nfirst\ncause",
        ),
        (service(code("import os; os.kill(os.getpid(), 9)")), "got exit 137; it wrote nothing"),
        (
            service(("/bin/sh", "-c", "echo up; exec sleep 600"), ReadySettings(log="on", within="1s")),
            "not ready within 1 s; last seen: no line with 'on' in its log; its last lines:\nup",
        ),
        (
            service((*code("import time; time.sleep(600)"), "{port}"), ReadySettings(tcp=True, within="200ms")),
            "ConnectionRefusedError",
        ),
        (
            service((*code("import time; time.sleep(600)"), "{port}"), ReadySettings(http="/x", within="200ms")),
            "ConnectError",
        ),
        (
            service(("/no/such/program",)),
            "the command of service 'api' must be a program that can be started, got '/no/such/program'",
        ),
        (ServiceSettings(), "service 'api' must have a command or a url, got neither"),
    ],
)  # fmt: skip
def test_a_service_that_does_not_become_ready_shows_what_it_said(
    tmp_path: Path, settings: ServiceSettings, said: str
) -> None:
    async def main(place: Place) -> str:
        with pytest.raises(HoldfastError) as caught:
            await make_service("api", settings, place, names={}).start()
        return str(caught.value)

    assert said in in_a_run(tmp_path, main)


def test_a_port_that_somebody_took_is_replaced_by_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        async def main(place: Place) -> str:
            one = make_service("api", service(), place, names={})
            await one.start()
            url = one.url
            await one.stop()
            return url

        # The one that listens on the port never answers, so that readiness cannot come from it.
        url = in_a_run(tmp_path, main, ports=Given(port))
    assert url.startswith("http://127.0.0.1:")
    assert url != f"http://127.0.0.1:{port}"


def test_a_port_that_is_always_taken_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        async def main(place: Place) -> str:
            with pytest.raises(HoldfastError) as caught:
                await make_service("api", service(), place, names={}).start()
            return str(caught.value)

        assert "Address already in use" in in_a_run(tmp_path, main, ports=Given(*[port] * 3))


def test_a_service_that_ignores_the_polite_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.services.service._STOP_S", 0.1)

    async def main(place: Place) -> int:
        one = make_service("api", service(env={"STUBBORN": "1"}), place, names={})
        await one.start()
        pid = (await ask(one.url))["pid"]
        await one.stop()
        return pid

    assert not is_alive(in_a_run(tmp_path, main))


def test_a_service_that_somebody_else_runs_is_only_asked(tmp_path: Path) -> None:
    async def main(place: Place) -> tuple[str, int]:
        async with serving({"/health": answer()}) as server:
            one = make_service(
                "api", ServiceSettings(url=server.url, ready=HEALTH), place, names={}
            )
            await one.start()
            await one.stop()
            assert (one.ended(), one.last_lines()) == ("", "")
            return one.url, len(server.requests)

    url, asked = in_a_run(tmp_path, main)
    assert url.startswith("http://127.0.0.1:")
    assert asked == 1


def test_a_service_that_answers_with_an_error_is_not_ready(tmp_path: Path) -> None:
    async def main(place: Place) -> str:
        async with serving({"/health": answer(status="503 Service Unavailable")}) as server:
            ready = ReadySettings(http="health", within="1s")
            one = make_service("api", ServiceSettings(url=server.url, ready=ready), place, names={})
            with pytest.raises(HoldfastError) as caught:
                await one.start()
            return str(caught.value)

    message = in_a_run(tmp_path, main)
    assert "not ready within 1 s; last seen: GET http://127.0.0.1:" in message
    assert "/health: status 503" in message


def test_a_service_that_nobody_runs_is_an_error(tmp_path: Path) -> None:
    async def main(place: Place) -> str:
        url = f"http://127.0.0.1:{place.ports.take()}"
        settings = ServiceSettings(url=url, ready=ReadySettings(within="100ms"))
        with pytest.raises(HoldfastError) as caught:
            await make_service("api", settings, place, names={}).start()
        return str(caught.value)

    message = in_a_run(tmp_path, main)
    assert "service 'api' must answer at http://127.0.0.1:" in message
    assert "hint: start it" in message


# --- the services of a run --------------------------------------------------------


def with_services(
    folder: Path,
    main: Callable[[RunServices], Awaitable[Any]],
    links: dict[str, LinkSettings] | None = None,
    **settings: ServiceSettings,
) -> Any:
    async def run(place: Place) -> Any:
        services = RunServices(settings, links or {}, place)
        try:
            return await main(services)
        finally:
            await services.close()

    return in_a_run(folder, run)


def test_a_case_gets_the_addresses_of_its_services_and_links(tmp_path: Path) -> None:
    async def main(services: RunServices) -> tuple[Any, Any, Any]:
        with_api = await services.enter(case(), SUITE)
        env = (await ask(with_api["api"]))["env"]
        return with_api, env, await services.enter(case("d", "http://x/"), SUITE)

    variables, env, without = with_services(
        tmp_path,
        main,
        links={"database": LinkSettings(to="127.0.0.1:5432")},
        api=service(env={"DB": "{link.database}", "ALSO": "{database}"}),
    )
    url = variables["api"]
    assert variables["services"]["api"] == {
        "url": url,
        "host": "127.0.0.1",
        "port": int(url.rpartition(":")[2]),
    }
    assert (env["DB"], env["ALSO"]) == ("127.0.0.1:5432", "127.0.0.1:5432")
    assert without == {"database": "127.0.0.1:5432"}


def test_a_service_of_the_run_is_started_once_for_all_and_stopped_at_the_end(
    tmp_path: Path,
) -> None:
    async def main(services: RunServices) -> list[int]:
        cases = [case(str(number)) for number in range(3)]
        entered = await asyncio.gather(*(services.enter(each, SUITE) for each in cases))
        pids = [(await ask(each["api"]))["pid"] for each in entered]
        for each in cases:
            await services.leave(each, SUITE)
        await services.end_suite("s")
        assert is_alive(pids[0])
        return pids

    pids = with_services(tmp_path, main, api=service())
    assert len(set(pids)) == 1
    assert not is_alive(pids[0])


def test_a_service_of_a_case_is_its_own_and_ends_with_it(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        first, second = case("1"), case("2")
        pids = [
            (await ask((await services.enter(each, SUITE))["api"]))["pid"]
            for each in (first, second)
        ]
        assert pids[0] != pids[1]
        await services.leave(first, SUITE)
        assert [is_alive(pid) for pid in pids] == [False, True]
        await services.leave(second, SUITE)
        assert not is_alive(pids[1])

    with_services(tmp_path, main, api=service(scope="case"))
    assert sorted(each.name for each in (tmp_path / "logs").iterdir()) == ["api-2.log", "api.log"]


def test_a_service_of_a_suite_ends_with_the_suite(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        pids: list[int] = []
        for suite in ("s", "s", "t"):
            used = case(suite=suite)
            url = (await services.enter(used, Suite(name=suite)))["api"]
            pids.append((await ask(url))["pid"])
            await services.leave(used, Suite(name=suite))
        assert pids[0] == pids[1] != pids[2]
        await services.end_suite("s")
        assert [is_alive(pid) for pid in pids[1:]] == [False, True]

    with_services(tmp_path, main, api=service(scope="suite"))


def test_what_a_service_needs_is_started_first_and_named_to_it(tmp_path: Path) -> None:
    async def main(services: RunServices) -> tuple[str, str]:
        entered = await services.enter(case(), SUITE)
        assert "db" in entered
        return (await ask(entered["api"]))["env"]["DB"], entered["db"]

    seen, address = with_services(tmp_path, main, api=service(env={"DB": "{db}/x"}), db=service())
    assert seen == f"{address}/x"


def test_a_service_that_dies_is_told_to_its_users_and_restarted_once(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        one, two, three = case("1"), case("2"), case("3")
        url = (await services.enter(one, SUITE))["api"]
        assert services.lost(one, SUITE) == ""
        await kill(url)
        lost = await until_lost(services, one)
        assert lost.startswith("service api, exit 137; its last lines:\nlistening now")
        again, both = await asyncio.gather(services.enter(two, SUITE), services.enter(three, SUITE))
        assert again == both
        assert (await ask(again["api"]))["pid"] > 0
        assert services.lost(one, SUITE).startswith("service api, exit 137")
        assert services.lost(two, SUITE) == ""
        await kill(again["api"])
        await until_lost(services, two)
        with pytest.raises(HoldfastError, match="must stay alive, got exit 137 after a restart"):
            await services.enter(case("4"), SUITE)

    with_services(tmp_path, main, api=service())


def test_a_death_is_known_before_its_exit_status_is(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        url = (await services.enter(case(), SUITE))["api"]
        pid = (await ask(url))["pid"]
        os.kill(pid, 9)
        while is_alive(pid):  # without a turn of the loop, so that nobody can be told
            pass
        assert services.lost(case(), SUITE).startswith("service api, ended")

    with_services(tmp_path, main, api=service())


def test_a_service_that_does_not_start_is_not_tried_for_every_case(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        for number in range(3):
            with pytest.raises(HoldfastError, match="got exit 3"):
                await services.enter(case(str(number)), SUITE)

    with_services(tmp_path, main, api=service(code("raise SystemExit(3)")))
    assert [each.name for each in (tmp_path / "logs").iterdir()] == ["api.log"]


def test_a_run_that_ends_while_a_service_starts_leaves_nothing(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    text = f"import os, signal; print(os.getpid(), file=open({str(fifo)!r}, 'w')); signal.pause()"
    slow = service(code(text), ReadySettings(log="never", within="600s"))

    async def main(services: RunServices) -> int:
        entering = asyncio.ensure_future(services.enter(case(), SUITE))
        pid = int(await asyncio.to_thread(fifo.read_text))
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        return pid

    assert not is_alive(with_services(tmp_path, main, api=slow))


def test_a_log_notices_a_line_that_comes_in_pieces(tmp_path: Path) -> None:
    async def main() -> None:
        log = Log(tmp_path / "x.log", text="ready")
        for piece in (b"is re", b"a", b"dy\n"):
            assert not log.was_seen.is_set()
            log.append(piece)
        assert log.was_seen.is_set()
        log.append(b"x" * 1_000 + b"\nEND")
        assert log.says("end")
        assert log.last_lines(2) == f"{'x' * 300}...\nEND"
        log.close()

    asyncio.run(main())
    assert json.dumps((tmp_path / "x.log").read_text()).startswith('"is ready\\n')
