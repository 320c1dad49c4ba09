"""Which laws hold for capabilities, whatever they are?"""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.capabilities import CapabilityManager
from holdfast.capabilities.grammar import BadCapability, parse_capability
from holdfast.capabilities.resource import KINDS, compile_resource
from holdfast.capabilities.scope import format_capability
from holdfast.capabilities.wildcard import match_name, match_segments

names = st.text("ab.", min_size=1, max_size=6).filter(lambda text: text not in {".", ".."})
patterns = st.text("ab*?", max_size=7)
segments = st.lists(names, max_size=5)
path_patterns = st.lists(st.sampled_from(["a", "b", "*", "**", "a*", "?"]), max_size=5)
ROOT = "/nowhere/at/all"


def path_of(parts: list[str]) -> str:
    return "/".join([ROOT, *parts])


def as_expression(pattern: str) -> str:
    """Return the regular expression of a name's pattern, as a reference."""
    return "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)


def path_expression(pattern: list[str]) -> str:
    """Return the regular expression over segments that each end with a slash."""
    parts = ("(?:[^/]+/)*" if part == "**" else _segment(part) + "/" for part in pattern)
    return "".join(parts)


def _segment(part: str) -> str:
    return as_expression(part).replace(".*", "[^/]*").replace(".", "[^/]", part.count("?"))


@settings(max_examples=60, deadline=None)
@given(patterns, st.text("ab", max_size=10))
def test_a_name_matches_as_the_regular_expression_does(pattern: str, name: str) -> None:
    assert match_name(pattern, name) is bool(re.fullmatch(as_expression(pattern), name))


@settings(max_examples=60, deadline=None)
@given(path_patterns, st.lists(st.sampled_from(["a", "b", "ab", "c"]), max_size=6))
def test_a_path_matches_as_the_regular_expression_does(pattern: list[str], path: list[str]) -> None:
    text = "".join(f"{part}/" for part in path)
    assert match_segments(pattern, path) is bool(re.fullmatch(path_expression(pattern), text))


@settings(max_examples=60, deadline=None)
@given(segments, segments)
def test_a_path_covers_itself_and_everything_below_it_and_nothing_beside_it(
    granted: list[str], below: list[str]
) -> None:
    covers = compile_resource("read", path_of(granted), ROOT, "")
    assert covers(path_of([*granted, *below]))
    assert not covers(path_of(granted) + "x")


@settings(max_examples=60, deadline=None)
@given(segments, segments, st.integers(0, 5))
def test_climbing_and_coming_back_changes_nothing(
    granted: list[str], way: list[str], at: int
) -> None:
    there_and_back = [*granted[:at], *way, *([".."] * len(way)), *granted[at:]]
    plain = compile_resource("read", "/".join(granted) or ".", ROOT, "")
    winding = compile_resource("read", "/".join(there_and_back) or ".", ROOT, "")
    for used in (path_of(granted), path_of([*granted, "x"]), path_of(way), "/etc"):
        assert plain(used) is winding(used)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_capability_or_is_refused_with_a_message(text: str) -> None:
    try:
        kind, resource = parse_capability(text)
    except BadCapability as error:
        told = str(error)
    else:
        told = format_capability(kind, resource)
        assert told == text
    assert told


decisions = st.lists(
    st.tuples(st.booleans(), st.sampled_from(KINDS), st.sampled_from(["", "a", "b"])), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(decisions)
def test_the_last_decision_on_a_resource_is_what_holds(
    made: list[tuple[bool, str, str]],
) -> None:
    manager = CapabilityManager()
    for is_grant, kind, resource in made:
        text = format_capability(kind, resource)
        (manager.grant if is_grant else manager.revoke)(text)
        assert manager.has_capability(kind, resource) is is_grant
    assert [each.n for each in manager.audit_log] == list(range(1, len(made) + 1))
