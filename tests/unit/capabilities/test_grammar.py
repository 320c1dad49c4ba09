"""What does a written capability mean, and what is said of one that means nothing?"""

from __future__ import annotations

import pytest

from holdfast.capabilities.grammar import BadCapability, parse_capabilities, parse_capability
from holdfast.capabilities.resource import KINDS


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("read", ("read", "")),
        ("read:data/**", ("read", "data/**")),
        ("write:/a b", ("write", "/a b")),
        ("net:127.0.0.1:80", ("net", "127.0.0.1:80")),
        ("net:[::1]:80", ("net", "[::1]:80")),
        ("net:::1", ("net", "::1")),
        ("net:*.example.org", ("net", "*.example.org")),
        ("run:git", ("run", "git")),
        ("env:AWS_*", ("env", "AWS_*")),
        ("sys:hostname", ("sys", "hostname")),
        ("ffi:/lib/libm.so.6", ("ffi", "/lib/libm.so.6")),
        ("import:numpy", ("import", "numpy")),
    ],
)
def test_a_capability_is_a_kind_and_a_resource(text: str, meaning: tuple[str, str]) -> None:
    assert parse_capability(text) == meaning


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raed:data", "no such capability 'raed' in 'raed:data'; did you mean 'read'?"),
        ("network", "did you mean 'net'?"),
        ("exec:git", "did you mean 'run'?"),
        ("", "no such capability ''"),
        ("read:", "for all of it, write 'read'"),
        ("read:a\0b", "control characters"),
        ("read: a", "must not begin or end with a blank"),
        ("read:a/*/../b", "must not climb"),
        ("net:http://a", "without scheme and path"),
        ("net:a b", "must name a host"),
        ("net::80", "must name a host"),
        ("net:a:0", "from 1 to 65535"),
        ("net:a:65536", "from 1 to 65535"),
        ("net:a:http", "from 1 to 65535"),
        ("net:a:", "must name a port after ':'"),
        ("env:A=b", "must name a variable"),
        ("import:a.b", "without dots"),
        (7, "must be a text such as"),
        (None, "must be a text such as"),
    ],
)
def test_what_is_no_capability_is_told_with_its_cure(text: object, said: str) -> None:
    with pytest.raises(BadCapability) as caught:
        parse_capability(text)
    assert said in str(caught.value)


def test_a_list_keeps_its_order_and_each_capability_once() -> None:
    assert parse_capabilities(["net", "read:a", "net"]) == (("net", ""), ("read", "a"))


def test_a_text_in_the_place_of_a_list_is_refused() -> None:
    with pytest.raises(BadCapability, match="must be a list"):
        parse_capabilities("read")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_example_that_means_something(kind: str) -> None:
    with pytest.raises(BadCapability) as caught:
        parse_capability(f"{kind}: ")
    example = caught.value.hint.partition("'")[2].rstrip("'")
    assert parse_capability(example)[0] == kind
