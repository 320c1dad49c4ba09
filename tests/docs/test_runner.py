"""Does the checker of code blocks see a block that is wrong?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import matches, read_blocks, read_commands
from tests.docs.runner import Workspace, check_page, clean_environment


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def page(*blocks: str) -> str:
    return "# Page\n\n" + "\n\n".join(blocks) + "\n"


def test_blocks_are_found_with_their_line_language_and_tags() -> None:
    text = "a\n```yaml case\nx: 1\n```\n- item\n\n  ~~~~ text\n  ```\n  ~~~~\n"
    first, second = read_blocks("a.md", text)
    assert (first.line, first.words, first.text) == (2, ("yaml", "case"), "x: 1\n")
    assert (second.line, second.words, second.text) == (7, ("text",), "```\n")


def test_commands_are_read_with_output_exit_code_and_continuation() -> None:
    text = "```console\n$ echo a \\\n    b   # exit 3\na b\n\n$ ls\n```\n"
    (block,) = read_blocks("a.md", text)
    first, second = read_commands(block)
    assert (first.line, first.text, first.exit_code) == (2, "echo a \\\n    b", 3)
    assert first.expected == "a b"
    assert (second.line, second.expected) == (6, None)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a", "a\n"),
        ("a\nb", "a  \nb"),
        ("a ... c", "a b c"),
        ("a\n...\nz", "a\nb\nc\nz"),
        ("a\n...\nz", "a\nz"),
        ("...", ""),
        ("1.0 (x)", "1.0 (x)"),
    ],
)
def test_an_output_matches(expected: str, actual: str) -> None:
    assert matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [("a", "a\nb"), ("a", "ab"), ("a\nb", "a"), ("a ... c", "a b\nc"), ("1.0", "1x0")],
)
def test_another_output_does_not_match(expected: str, actual: str) -> None:
    assert not matches(expected, actual)


def test_a_block_may_use_the_file_of_an_earlier_one(workspace: Workspace) -> None:
    text = page(
        "```python\n# file: lib/tool.py\nX = 7\n```",
        "```python\nimport sys\nsys.path.insert(0, 'lib')\nfrom tool import X\nassert X == 7\n```",
        "```console\n$ cat lib/tool.py\n# file: lib/tool.py\nX = ...\n```",
    )
    assert check_page("a.md", text, workspace) == []


def test_every_wrong_block_is_told_with_its_place(workspace: Workspace) -> None:
    text = page(
        "```python\nraise SystemExit(3)\n```",
        "```yaml\na: [1\n```",
        "```json\n// file: a.json\n{]\n```",
        "```console\n$ echo a\nb\n$ echo c  # exit 1\n```",
        "```bash\nmake no-such-target\n```",
        "```\nx\n```",
        "```mermaid\nx\n```",
        "```console\nno command\n```",
        "```console\n$ rm -rf x\n```",
    )
    found = check_page("a.md", text, workspace)
    assert [problem.splitlines()[0].partition(", got")[0] for problem in found] == [
        "a.md:3: python must run",
        "a.md:7: yaml must parse",
        "a.md:11: json must parse",
        "a.md:17: output must be",
        "a.md:19: exit code must be 1",
        "a.md:22: make has no target 'no-such-target'",
        "a.md:26: language must be one of python, yaml, json, jsonc, json5, toml, console,"
        " bash, sh or be tagged text",
        "a.md:30: language must be one of python, yaml, json, jsonc, json5, toml, console,"
        " bash, sh or be tagged text",
        "a.md:34: a console block must hold a line that starts with '$ '",
        "a.md:39: command must be make or one of cat, echo, holdfast, ls, pytest, python",
    ]


def test_right_blocks_are_left_alone(workspace: Workspace) -> None:
    text = page(
        '```json\n// file: a.json\n{"a": 1}\n```',
        "```toml\n[a]\nb = 1\n```",
        "```text\nanything\n```",
        "```mermaid text\nflowchart\n```",
        "```bash\ngit clone x && cd x\nCI=1 make test  # all\nmake -k PYTHON=python3 check\n```",
        "```console\n$ make demo\nanything\n$ python -c 'raise SystemExit(4)'  # exit 4\n```",
    )
    assert check_page("a.md", text, workspace) == []


def test_a_file_outside_the_folder_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="must stay in its folder"):
        check_page("a.md", page("```yaml\n# file: ../a.yaml\nx: 1\n```"), workspace)


def test_settings_of_the_caller_do_not_reach_a_page() -> None:
    environment = clean_environment({"HOLDFAST_WORKERS": "9", "PATH": "bin", "HOME": "h"})
    assert "HOLDFAST_WORKERS" not in environment
    assert environment["HOME"] == "h"
    assert environment["PATH"].endswith("bin")
