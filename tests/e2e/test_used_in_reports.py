"""Do the reports of a real run show what its processes used?"""

from __future__ import annotations

import json

from tests.e2e.project import Project, python

CODE = """
import time
def hold(mb):
    kept = bytearray(mb * 1_000_000)
    time.sleep(1.0)
    return len(kept)
"""


def test_every_report_shows_what_a_run_used(project: Project) -> None:
    project.write("m.py", CODE)
    project.suite("s", [python("holds", "m:hold", **{"with": {"mb": 80}})])
    ended = project.quick("run", "s.json", "--report", "json,html", "-o", "out")
    assert ended.code == 0, ended.out
    memory = json.loads((project.folder / "out" / "report.json").read_text())["memory"]
    used = {process["name"]: process for process in memory["processes"]}
    assert (memory["asked_hz"], memory["reason"]) == (10.0, "")
    assert used["worker-1"]["peak_bytes"] > 80e6
    assert used["holdfast"]["first_bytes"] > 1e6
    page = (project.folder / "out" / "report.html").read_text()
    assert '<path id="figure-line-1-0" class="line c0" d="M' in page
    assert "s/holds: passed, " in page
    shown = project.quick("show", "last").out
    assert "\nmemory\n" in shown
    assert "of 10 times a second" in shown
