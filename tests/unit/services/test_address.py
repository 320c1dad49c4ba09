"""What does a service's command become with a port and the addresses of others?"""

from __future__ import annotations

import pytest

from holdfast.errors import MissingName, UsageError
from holdfast.services.address import Launch, Ports, prepare_launch, uses_port
from holdfast.settings import ServiceSettings

NAMES = {"db": "http://127.0.0.1:5", "link": {"cache": "127.0.0.1:6"}}


def launch(port: int = 0, **settings: object) -> Launch:
    service = ServiceSettings(**settings)  # type: ignore[arg-type]
    return prepare_launch("api", service, port=port, names=NAMES, env={"KEY": "k"})


def test_a_command_line_is_split_as_a_shell_does_and_filled_in_after_it() -> None:
    made = launch(81, command="serve --name 'a b' --port {port} --on {host} --db {db}")
    assert made.argv == (
        "serve", "--name", "a b", "--port", "81", "--on", "127.0.0.1", "--db", NAMES["db"],
    )  # fmt: skip
    assert (made.url, made.port) == ("http://127.0.0.1:81", 81)


def test_a_list_of_arguments_is_taken_as_it_is() -> None:
    assert launch(command=("sh", "-c", "a  'b'")).argv == ("sh", "-c", "a  'b'")


def test_the_environment_names_links_variables_and_the_port() -> None:
    made = launch(7, command="x", env={"A": "{link.cache}", "B": "{env.KEY}", "C": "{port}"})
    assert made.env == {"PYTHONUNBUFFERED": "1", "A": "127.0.0.1:6", "B": "k", "C": "7"}


def test_without_a_port_there_is_no_address() -> None:
    assert launch(command="worker").url == ""


def test_a_template_that_names_nothing_is_an_error() -> None:
    with pytest.raises(MissingName, match="'dbb'"):
        launch(command="x {dbb}")


def test_a_command_with_an_open_quote_is_refused() -> None:
    with pytest.raises(UsageError, match="the command of service 'api' must be words"):
        launch(command="x 'y")


@pytest.mark.parametrize(
    ("settings", "uses"),
    [
        (ServiceSettings(command="x {port}"), True),
        (ServiceSettings(command=("x", "{port}")), True),
        (ServiceSettings(command="x", env={"PORT": "{port}"}), True),
        (ServiceSettings(command="x {ports} {env.port}"), False),
    ],
)
def test_a_port_is_taken_only_for_a_service_that_names_it(
    settings: ServiceSettings, uses: bool
) -> None:
    assert uses_port(settings) is uses


def test_no_port_is_given_out_twice() -> None:
    ports = Ports()
    assert len({ports.take() for _ in range(50)}) == 50
