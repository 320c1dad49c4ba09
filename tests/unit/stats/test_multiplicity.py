"""Is the rate of false alarms held over many findings?"""

from __future__ import annotations

import math

from holdfast.stats.multiplicity import e_benjamini_hochberg, e_holm, holm


def test_holm_asks_most_of_the_best_and_stops_at_the_first_that_falls_short() -> None:
    assert holm([0.02, 0.004, 0.9], 0.05) == [True, True, False]
    assert holm([0.02, 0.03, 0.9], 0.05) == [False, False, False]


def test_a_single_finding_needs_no_more_than_alpha() -> None:
    assert holm([0.05], 0.05) == [True]
    assert e_holm([math.log(100)], 0.01) == [True]


def test_e_values_must_grow_with_the_number_of_findings() -> None:
    assert e_holm([math.log(150), 0.0], 0.01) == [False, False]
    assert e_holm([math.log(201), 0.0], 0.01) == [True, False]
    assert e_holm([math.log(201), math.log(101)], 0.01) == [True, True]


def test_evidence_for_the_claim_is_no_evidence_against_it() -> None:
    assert e_holm([-50.0], 0.01) == [False]


def test_e_bh_rejects_more_than_holm_where_many_stand_together() -> None:
    log_es = [math.log(60)] * 4 + [0.0]
    assert e_benjamini_hochberg(log_es, 0.05) == [True] * 4 + [False]
    assert e_holm(log_es, 0.05) == [False] * 5


def test_nothing_found_nothing_rejected() -> None:
    assert (holm([], 0.05), e_benjamini_hochberg([], 0.05)) == ([], [])
    assert e_benjamini_hochberg([0.0, 0.0], 0.05) == [False, False]
