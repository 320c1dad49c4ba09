from __future__ import annotations

import os
from pathlib import Path

from holdfast.parallel.kin import descendants, kill_all, read_parents


def test_the_parents_are_read_whatever_a_process_is_called(tmp_path: Path) -> None:
    for pid, text in {"7": "7 (a) b (c) S 3 7", "8": "8 (sh) R 7 7", "9": "", "self": "1"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "stat").write_text(text)
    assert read_parents(tmp_path) == {7: 3, 8: 7}


def test_where_no_process_can_be_read_there_is_none_below(tmp_path: Path) -> None:
    assert read_parents(tmp_path / "nothing") == {}


def test_all_that_is_below_a_process_is_found_and_nothing_else() -> None:
    parents = {2: 1, 3: 2, 4: 3, 5: 1, 6: 3}
    assert descendants(2, parents) == [3, 4, 6]
    assert descendants(4, parents) == []


def test_a_process_that_is_gone_is_no_error() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert kill_all([pid]) is None
