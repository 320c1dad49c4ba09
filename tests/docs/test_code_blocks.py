"""Does every code block of README.md and docs/ do what its page says?

All blocks of a page run in order, in one temp folder of the page's own, so that a
block may use what an earlier one wrote. What is done with a block follows from its
first word (the language) and its tags:

    python            written to a file and run; it must exit with 0
    yaml, json, toml  must parse; with the tag `case`, `holdfast validate` must accept it
    jsonc, json5      written; with the tag `case` validated likewise
    console           each `$ command` is run and its output compared; `...` stands for
                      any text in a line, alone on a line for any lines; no output
                      shown: any will do; `# exit 1` behind the command: that exit code
    bash, sh          a set-up: not run; `make TARGET` must exist
    anything `text`   (`text`, or a language with the tag: `mermaid text`) is not run

A first line `# file: NAME` (`// file: NAME` in JSON) gives the file its name. A block
without a language, or with one that is not in the list and not tagged, is an error.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.runner import ROOT, Workspace, check_page

# README.md is named, so that the suite fails where it is missing.
PAGES = [
    "README.md",
    *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md"))),
]


@pytest.mark.parametrize("page", PAGES)
def test_every_code_block_of_a_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    problems = check_page(page, text, Workspace(tmp_path))
    assert not problems, "\n" + "\n".join(problems)
