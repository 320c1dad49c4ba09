"""Are the services of a run started once, told when they die, and stopped after their last user?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.errors import HoldfastError
from holdfast.model.case import Suite
from holdfast.services.address import Ports
from holdfast.services.running import RunServices
from holdfast.services.service import Place
from holdfast.settings import LinkSettings, ReadySettings, ServiceSettings
from tests.contract.service_kit import (
    SUITE,
    ask,
    case,
    code,
    in_a_run,
    is_alive,
    kill,
    service,
    until_lost,
)
from tests.contract.target_kit import REGISTRY

PARTS = [(kind, name) for kind, name, _ in COMPONENTS if kind in {"service", "services"}]


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_what_services_are_made_of_is_registered(kind: str, name: str) -> None:
    assert REGISTRY.load(kind, name) in {RunServices, Place, Ports}


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
        assert await services.lost(one, SUITE) == ""
        await kill(url)
        lost = await until_lost(services, one)
        assert lost.startswith("service api, exit 137; its last lines:\nlistening now")
        again, both = await asyncio.gather(services.enter(two, SUITE), services.enter(three, SUITE))
        assert again == both
        assert (await ask(again["api"]))["pid"] > 0
        assert (await services.lost(one, SUITE)).startswith("service api, exit 137")
        assert await services.lost(two, SUITE) == ""
        await kill(again["api"])
        await until_lost(services, two)
        with pytest.raises(HoldfastError, match="must stay alive, got exit 137 after a restart"):
            await services.enter(case("4"), SUITE)

    with_services(tmp_path, main, api=service())


def test_the_exit_status_of_a_death_just_now_is_waited_for(tmp_path: Path) -> None:
    async def main(services: RunServices) -> None:
        url = (await services.enter(case(), SUITE))["api"]
        pid = (await ask(url))["pid"]
        os.kill(pid, 9)
        while is_alive(pid):  # without a turn of the loop, so that nobody can be told
            pass
        assert (await services.lost(case(), SUITE)).startswith("service api, exit 137")

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


def test_what_the_run_was_given_is_known_to_the_templates_of_a_service(tmp_path: Path) -> None:
    async def main(place: Place) -> Any:
        started = {"api": service(env={"DB": "{database_url}"})}
        services = RunServices(started, {}, place, given={"database_url": "postgresql://x/y"})
        try:
            return (await ask((await services.enter(case(), SUITE))["api"]))["env"]["DB"]
        finally:
            await services.close()

    assert in_a_run(tmp_path, main) == "postgresql://x/y"
