from __future__ import annotations

from holdfast.report.paint import plain
from holdfast.report.usage_text import MACHINE, memory_text, unusual_text
from holdfast.report.usage_view import ProcessUse, UnusualView, UsageView
from tests.unit.report.test_usage_view import anomaly

MIB = 1024 * 1024


def test_a_case_that_took_long_is_told_with_what_is_usual_for_it() -> None:
    cases = (anomaly("s/a", 32.06), anomaly("s/b", 9.0, is_over=False))
    assert unusual_text(UnusualView(cases=cases, count=2, judged=30), plain) == (
        "took unusually long (2 of 30 with a past)\n"
        "  s/a took 2 s, usually 100 ms (its last 8 runs, score 32.1)\n"
        "  s/b had taken 2 s and was not over, usually 100 ms (its last 8 runs, score 9.0)"
    )


def test_no_case_that_stood_out_is_no_word() -> None:
    assert unusual_text(UnusualView(), plain) == ""


def test_more_than_a_reader_takes_in_are_counted() -> None:
    many = UnusualView(
        cases=tuple(anomaly(f"s/c{n}") for n in range(12)), count=15, judged=20, is_machine=True
    )
    lines = unusual_text(many, plain).splitlines()
    assert lines[0] == "took unusually long (15 of 20 with a past)"
    assert [line.split()[0] for line in lines[1:6]] == [f"s/c{n}" for n in range(5)]
    assert lines[6:] == ["  and 10 more", f"  {MACHINE}"]


def test_memory_is_a_table_with_a_line_per_process_and_what_the_watching_was_worth() -> None:
    usage = UsageView(
        processes=(
            ProcessUse(
                name="host",
                first_bytes=10 * MIB,
                peak_bytes=40 * MIB,
                last_bytes=25 * MIB,
                growth_bytes=15 * MIB,
                cpu_s=1.25,
            ),
            ProcessUse(name="commands", peak_bytes=MIB),
        ),
        asked_hz=10.0,
        achieved_hz=9.876,
        share=0.0042,
        missing=(("uss_bytes", "no access"),),
    )
    assert memory_text(usage, plain) == (
        "memory\n"
        "  process    first    peak    last   growth     cpu\n"
        "  host      10 MiB  40 MiB  25 MiB  +15 MiB  1.25 s\n"
        "  commands       -   1 MiB       -        -       -\n"
        "  watched 9.88 of 10 times a second, for 0.42 % of one core\n"
        "  not seen: uss_bytes: no access"
    )


def test_a_run_that_was_not_watched_says_why() -> None:
    assert memory_text(UsageView(reason="monitor = false"), plain) == (
        "memory\n  nothing was watched: monitor = false"
    )


def test_a_watching_that_ended_early_says_so_beside_what_it_saw() -> None:
    usage = UsageView(processes=(ProcessUse(name="a", peak_bytes=1),), reason="it ended")
    assert "  not watched to the end: it ended" in memory_text(usage, plain)


def test_a_run_of_which_nothing_is_known_says_nothing() -> None:
    assert memory_text(UsageView(), plain) == ""


def test_long_lists_are_cut_and_counted() -> None:
    usage = UsageView(
        processes=tuple(ProcessUse(name=f"w-{n}", peak_bytes=1) for n in range(18)),
        missing=tuple((f"m{n}", "no") for n in range(7)),
    )
    text = memory_text(usage, plain)
    assert "  and 2 more processes in the report" in text
    assert "  not seen: 2 more, in the report" in text


def test_names_cannot_command_the_terminal() -> None:
    evil = "\x1b[2J\x07"
    usage = UsageView(
        processes=(ProcessUse(name=evil, peak_bytes=1),), reason=evil, missing=((evil, evil),)
    )
    text = memory_text(usage, plain) + unusual_text(UnusualView(cases=(anomaly(evil),)), plain)
    assert not set(text) & {"\x1b", "\x07"}
