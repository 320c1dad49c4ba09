"""Is a real service started, waited for, watched and stopped, with nothing left of it?"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest

from holdfast.errors import HoldfastError
from holdfast.services.log import Log
from holdfast.services.service import Place, make_service
from holdfast.settings import ReadySettings, ServiceSettings
from tests.contract.service_kit import (
    HEALTH,
    Given,
    ask,
    code,
    in_a_run,
    is_alive,
    service,
)
from tests.contract.target_kit import answer, serving


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
    show = "print(os.getcwd(), os.environ['DB'], os.environ['HOME'], 'shown', flush=True)"

    async def main(place: Place) -> None:
        settings = service(
            code(f"import os, signal; {show}; signal.pause()"),
            ReadySettings(log="shown"),
            env={"DB": "{link.database}"},
            cwd="sub",
        )
        one = make_service("worker", settings, place, names={"link": {"database": "h:1"}})
        await one.start()
        await one.stop()

    in_a_run(tmp_path, main)
    assert (
        (tmp_path / "logs" / "worker.log")
        .read_text()
        .startswith(f"{(tmp_path / 'sub').resolve()} h:1 {os.environ['HOME']} shown")
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
            ServiceSettings(command="sleep 600", cwd="no/such"),
            "'cwd' of service 'api' must be a folder, got 'no/such' (",
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
