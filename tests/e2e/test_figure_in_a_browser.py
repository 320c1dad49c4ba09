"""Does the figure of the HTML report zoom, in a real browser and under the page's own policy?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from holdfast.model.evidence import Series
from holdfast.report import html
from tests.unit.report.runs import attempt, result, source

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-breakpad --dump-dom"
)
LIMIT_S = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on this machine"),
]

# Does what a reader would, and notes what the page says of it each time.
READER = """
const svg = document.getElementById("figure");
const data = JSON.parse(document.getElementById("figure-data").textContent);
const told = [];
const note = () => told.push(document.getElementById("figure-view").textContent);
const press = (key) => { svg.dispatchEvent(new KeyboardEvent("keydown", { key })); note(); };
function point(kind, share) {
  const box = svg.getBoundingClientRect();
  const clientX = box.left + (box.width * (data.left + data.plot * share)) / data.total;
  svg.dispatchEvent(new PointerEvent(kind, { clientX, button: 0 }));
}
svg.setPointerCapture = () => {};
point("pointerdown", 0.25); point("pointermove", 0.4); point("pointerup", 0.75); note();
press("+"); press("ArrowRight"); press("-");
point("pointermove", 0.5);
document.querySelector('[data-do="whole"]').click(); note();
point("pointerdown", 0.6); point("pointerup", 0.8); note();
svg.dispatchEvent(new MouseEvent("dblclick")); note();
press("x");
document.body.dataset.told = told.join(" | ");
"""


def page(directory: Path) -> str:
    cases = [
        result(
            f"c{n}",
            "failed" if n == 7 else "passed",
            attempts=(attempt(started_s=n / 2, duration_s=0.5, worker=f"worker-{n % 2}"),),
        )
        for n in range(16)
    ]
    at_s = [n / 10 for n in range(79)]
    held = Series(at_s=at_s, values=[1e6 if n != 40 else 9e6 for n in range(79)])
    path = html.REPORT.write(source(cases, series={"rss_bytes.host": held}), directory)
    return path.read_text(encoding="utf-8")


def opened(text: str, directory: Path) -> str:
    """Return the page as the browser has it once its scripts have run."""
    path = directory / "opened.html"
    path.write_text(text, encoding="utf-8")
    # The address of a socket may have 107 bytes: a test's own folder is too deep for Chromium's.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        ended = subprocess.run(
            [CHROMIUM, *FLAGS.split(), f"--user-data-dir={directory / 'profile'}", path.as_uri()],
            env={**os.environ, "HOME": str(directory), "TMPDIR": short},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
    return ended.stdout


def test_the_policy_lets_the_page_s_own_script_run_and_no_other(tmp_path: Path) -> None:
    text = page(tmp_path).replace("</body>", "<script>document.title = 'owned'</script></body>")
    read = opened(text, tmp_path)
    assert '<div id="figure-bar">' in read
    assert "<title>owned" not in read


def test_dragging_keys_and_buttons_zoom_all_panels_together(tmp_path: Path) -> None:
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page(tmp_path))
    before = dict(re.findall(r'<path id="([^"]+)"[^>]* d="([^"]*)"', text))
    read = opened(text.replace("</body>", f"<script>{READER}</script></body>"), tmp_path)
    told = re.findall(r'data-told="([^"]*)"', read)[0].split(" | ")
    whole = "the whole run, 8 s"
    assert told == [
        "2 s to 6 s of 8 s",
        "3 s to 5 s of 8 s",
        "3.5 s to 5.5 s of 8 s",
        "2.5 s to 6.5 s of 8 s",
        whole,
        "4.8 s to 6.4 s of 8 s",
        whole,
        whole,
    ]
    after = dict(re.findall(r'<path id="([^"]+)"[^>]* d="([^"]*)"', read))
    # Back at the whole, the script has drawn what was there without it.
    assert before.keys() == after.keys()
    assert all(path.count("M") == after[name].count("M") for name, path in before.items())
    assert "at 4.5 s; " in read
    assert "memory: host 977 KiB" in read
