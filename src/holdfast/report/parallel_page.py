"""How is a comparison of parallel maps shown on a page? One file, without network and scripts."""

from __future__ import annotations

from html import escape
from pathlib import Path

from holdfast.report.clean import clean
from holdfast.report.files import written_whole
from holdfast.report.parallel_svg import breakdown_svg, scaling_svg, times_svg
from holdfast.report.parallel_view import PARTS, ComparedView, EntryView, times_text
from holdfast.text.format import format_duration, format_number

__all__ = ["comparison_page", "write_comparison"]

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 900px; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid #8884; }
th:not(:first-child):not(:last-child) { text-align: right; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; height: auto; }
svg text { font-size: 13px; fill: currentColor; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.bar { fill: #2b6cb0; } .bad { fill: #c53030; } .dot { fill: #ed8936; }
.work { fill: #2f855a; } .start { fill: #2b6cb0; } .bytes { fill: #c05621; }
.dispatch { fill: #6b46c1; } .deciding { fill: #b7791f; } .idle { fill: #a0aec0; }
rect:hover, .dot:hover { opacity: .7; }
.grid { stroke: #8884; } .whisker { stroke-width: 1.5; }
polyline { fill: none; stroke-width: 2; stroke: #2d3748; }
.ideal { stroke: #8888; stroke-dasharray: 2 4; } .law { stroke: #718096; stroke-dasharray: 6 4; }
.series.process { stroke: #2b6cb0; } .series.thread { stroke: #c05621; }
.series.interpreter { stroke: #6b46c1; }
.reach { fill: transparent; } .tip { visibility: hidden; font-weight: 600; }
.point:hover .tip { visibility: visible; }
.key span { display: inline-block; width: .8rem; height: .8rem; margin: 0 .3rem 0 1rem; }
.key .work { background: #2f855a; } .key .start { background: #2b6cb0; }
.key .bytes { background: #c05621; } .key .dispatch { background: #6b46c1; }
.key .deciding { background: #b7791f; } .key .idle { background: #a0aec0; }
.passed { color: #2f855a; } .failed { color: #c53030; } .undecided { color: #b7791f; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def write_comparison(found: ComparedView, path: Path, *, run_id: str) -> None:
    """Write the page; it is whole or not there."""
    with written_whole(path) as file:
        file.write(comparison_page(found, run_id=run_id).encode("utf-8", "backslashreplace"))


def comparison_page(found: ComparedView, *, run_id: str) -> str:
    """Return the page of a comparison."""
    name = escape(clean(found.func))
    key = "".join(f'<span class="{part}"></span>{part}' for part in PARTS)
    plans = "".join(_explained(each) for each in found.entries if each.plan is not None)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}: strategies side by side</title>
<style>{STYLE}</style>
<h1>{name}</h1>
<p>{format_number(found.items)} items, {found.rounds} rounds side by side, {found.cores} cores.
Best: <strong>{escape(found.best) or "none"}</strong>. Run {escape(run_id)}.</p>
<table>
<tr><th>strategy<th>time<th>speedup<th>low<th>high<th>regret<th>result</tr>
{"".join(map(_row, found.entries))}
</table>
<h2>Time</h2>
{times_svg(found.entries)}
<h2>Where the time went</h2>
<p class="key">{key}</p>
{breakdown_svg(found.entries)}
<h2>Speedup by workers</h2>
{scaling_svg(found) or "<p>No strategy with a number of workers was run.</p>"}
<h2>What each one measured and decided</h2>
{plans}
</html>
"""


def _row(each: EntryView) -> str:
    name = escape(clean(each.name))
    if each.median_s is None:
        why = escape(clean(each.error) or "not run")
        return f'<tr><td>{name}<td colspan="5"><td class="undecided">{why}</tr>\n'
    result = '<span class="passed">equal</span>'
    if each.differs:
        result = f'<span class="failed">differs: {escape(clean(each.differs))}</span>'
    numbers = [
        format_duration(each.median_s),
        *map(times_text, (each.speedup, each.low, each.high)),
    ]
    cells = "".join(f'<td class="n">{text}' for text in [*numbers, times_text(each.regret)])
    return f"<tr><td>{name}{cells}<td>{result}</tr>\n"


def _explained(each: EntryView) -> str:
    text = escape("\n".join(map(clean, each.plan.explained.splitlines()))) if each.plan else ""
    return f"<details><summary>{escape(clean(each.name))}</summary><pre>{text}</pre></details>\n"
