"""Does every holdfast command and flag that a page names exist?"""

from __future__ import annotations

import contextlib
import functools
import io
import os
from unittest import mock

import pytest

from holdfast.cli.main import main
from tests.docs.commands import Named, check_named, read_named
from tests.docs.runner import ROOT, clean_environment
from tests.docs.test_code_blocks import PAGES


@functools.cache
def help_of(words: tuple[str, ...]) -> str | None:
    """Return what `holdfast WORDS --help` prints, None where that is no command."""
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, clean_environment(os.environ), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        code = main([*words, "--help"])
    return out.getvalue() if code == 0 else None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_flag_of_a_page_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    problems = [line for named in read_named(page, text) for line in check_named(named, help_of)]
    assert not problems, "\n" + "\n".join(problems)


def test_commands_are_read_from_spans_and_blocks() -> None:
    text = (
        "Use `holdfast run -k NAME` or `holdfast store prune --all`.\n"
        "```bash\nCI=1 holdfast run cases/a.yaml --quick -m 'not --x' # --no\n```\n"
        "```console\n$ holdfast list\nholdfast output is not a command\n```\n"
        "holdfast is a tool, `holdfast` too.\n"
    )
    first, second, third, fourth = (n for n in read_named("a.md", text))
    assert first == Named("a.md", 1, ("run",), ("-k",))
    assert second == Named("a.md", 1, ("store", "prune"), ("--all",))
    assert third == Named("a.md", 3, ("run",), ("--quick", "-m"))
    assert fourth == Named("a.md", 6, ("list",), ())


def test_an_unknown_command_and_an_unknown_flag_are_told() -> None:
    pages: dict[tuple[str, ...], str] = {
        ("run",): "Usage: -k TEXT  --quick",
        ("store",): "",
        ("store", "prune"): "--all",
    }

    def problems(*words: str, flags: tuple[str, ...] = ()) -> list[str]:
        return list(check_named(Named("a.md", 2, words, flags), pages.get))

    assert problems("run", flags=("-k", "--quick", "--help")) == []
    assert problems("store", "prune", flags=("--all",)) == []
    assert problems("run", "cases", flags=("--quic",)) == [
        "a.md:2: 'holdfast run' has no flag '--quic'"
    ]
    assert problems("rum") == ["a.md:2: there is no command 'holdfast rum'"]
