import click
import pytest

from holdfast.cli.main import COMMANDS, main
from holdfast.errors import StoreError


@click.command()
@click.argument("what")
def boom(what: str) -> None:
    if what == "store":
        raise StoreError("the store is gone", hint="bring it back")
    if what == "key":
        raise KeyboardInterrupt
    raise ZeroDivisionError("by nothing")


@pytest.fixture(autouse=True)
def exploding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "boom", (f"{__name__}:boom", "Explode."))
    monkeypatch.delenv("HOLDFAST_TRACEBACK", raising=False)


def test_a_fault_of_holdfast_itself_is_one_message_with_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["boom", "x"]) == 4
    assert capsys.readouterr().err.startswith(
        "holdfast: holdfast itself failed: ZeroDivisionError: by nothing (test_main.py:"
    )

    monkeypatch.setenv("HOLDFAST_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["boom", "x"])


def test_an_error_on_purpose_has_its_exit_code_and_its_cure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["boom", "store"]) == 4
    assert capsys.readouterr().err == "holdfast: the store is gone\nhint: bring it back\n"


def test_an_interrupt_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boom", "key"]) == 130
    # click ends the line that the terminal began with ^C
    assert capsys.readouterr().err == "\nholdfast: interrupted\n"


def test_every_command_is_in_the_help_and_an_unknown_one_gets_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f"  {name} " in shown
        assert main([name, "--help"]) == 0
        capsys.readouterr()

    assert main(["boomm"]) == 2
    err = capsys.readouterr().err
    assert err == "holdfast: no such command 'boomm'; did you mean 'boom'?\nhint: holdfast --help\n"
    assert main(["--version"]) == 0
    assert main(["boom"]) == 2
    assert "hint: holdfast boom --help" in capsys.readouterr().err


def test_without_a_command_the_help_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: holdfast [OPTIONS] COMMAND")
    assert "holdfast: " not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["integration", "validat"], "no such command 'validat'; did you mean 'validate'?"),
        (["parallel", "optimise"], "no such command 'optimise'; did you mean 'optimize'?"),
    ],
)
def test_a_misspelt_command_of_a_group_gets_the_nearest_name(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert told in capsys.readouterr().err
