from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from holdfast.text.redact import Redactor, is_secret_name, secrets_in

KEY = b"key of the store"
LONG = 'p@ss/w+rd "é\n\\&%\U0001f511 <4567>'
REDACTOR = Redactor({"LONG": LONG, "PLAIN": "hunter2secret"}, KEY)


@pytest.mark.parametrize("secret", [LONG, "hunter2secret", "ab/c", "\\\\\\\\\\\\a", "%25%25x"])
@pytest.mark.parametrize(
    "encode",
    [
        str,
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: quote(text, safe="").lower(),
        lambda text: quote(quote(text, safe=""), safe=""),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: json.dumps(json.dumps(text)),
        lambda text: json.dumps(json.dumps(json.dumps(text))),
        lambda text: json.dumps(text).replace("/", "\\/")[1:-1],
        lambda text: repr(text)[1:-1],
        lambda text: repr(text.encode())[2:-1],
        html.escape,
        lambda text: html.escape(text).replace("&#x27;", "&#39;"),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    ],
    ids=[
        "raw", "quote", "quote_plus", "quote-all", "quote-lower", "quote-twice", "json",
        "json-utf8", "json-twice", "json-thrice", "json-slash", "repr", "repr-bytes", "html",
        "html-decimal", "base64", "base64-url", "base64-quoted",
    ],
)  # fmt: skip
def test_a_secret_is_found_in_every_written_form(secret: str, encode: Callable[[str], str]) -> None:
    redactor = Redactor({"S": secret}, KEY)
    written = encode(secret)
    stripped = written.strip('"=') if "=" in written else written

    observed = redactor.text(f"<{written}>")

    assert redactor.mark(secret) in observed
    assert stripped not in observed
    assert redactor.touches(f"<{written}>".encode())


@pytest.mark.parametrize("before", ["", "u:", "ab:", "user:"])
@pytest.mark.parametrize("after", ["", "!", "!!"])
def test_a_secret_inside_longer_base64_is_found(before: str, after: str) -> None:
    header = base64.b64encode(f"{before}hunter2secret{after}".encode()).decode()

    observed = REDACTOR.text(f"Basic {header}")

    assert "[redacted " in observed
    left = observed.replace(REDACTOR.mark("hunter2secret"), "").removeprefix("Basic ")
    assert len(left) <= 12


def test_the_mark_is_a_keyed_hash_and_shows_four_characters_of_sixteen() -> None:
    mark = REDACTOR.mark("abcdefghijkl3456")

    assert mark.startswith("[redacted ")
    assert mark.endswith("…3456]")
    assert len(mark) == len("[redacted 12345678…3456]")
    assert len(REDACTOR.mark("abcdefghijkl345")) == len("[redacted 12345678]")
    assert mark == REDACTOR.mark("abcdefghijkl3456")
    assert mark != Redactor({}, b"another key").mark("abcdefghijkl3456")
    assert mark != REDACTOR.mark("bbcdefghijkl3456")


def test_the_shown_end_of_one_secret_is_never_another_secret() -> None:
    redactor = Redactor({"A": "abcdefghijklmnop1234", "B": "1234"}, KEY)

    assert "1234" not in redactor.text("abcdefghijklmnop1234")


def test_what_holds_no_secret_is_the_same_object() -> None:
    raw, text = b"nothing here", "nothing here"

    assert REDACTOR.raw(raw) is raw
    assert REDACTOR.text(text) is text
    assert not REDACTOR.touches(raw)


def test_an_anchor_alone_is_not_a_secret() -> None:
    redactor = Redactor({"S": "abc/def"}, KEY)
    raw = b"abc is not it"

    assert redactor.touches(raw)
    assert redactor.raw(raw) is raw


def test_an_empty_redactor_changes_nothing() -> None:
    redactor = Redactor({"EMPTY": ""}, KEY)
    value = {"a": ["b"]}

    assert redactor.value(value) is value
    assert redactor.text("a") == "a"
    assert redactor.raw(b"a") == b"a"
    assert not redactor.touches(b"a")


def test_the_longest_of_overlapping_secrets_wins_and_nothing_is_left() -> None:
    redactor = Redactor({"A": "xabc", "B": "abcdefgh", "C": "abcd"}, KEY)

    assert redactor.text("<xabcdefgh>") == f"<{redactor.mark('abcdefgh')}>"
    assert redactor.text("<abcdefgh>") == f"<{redactor.mark('abcdefgh')}>"
    assert redactor.text("<abcd abcd>") == f"<{redactor.mark('abcd')} {redactor.mark('abcd')}>"


def test_a_secret_that_overlaps_itself_is_gone() -> None:
    redactor = Redactor({"A": "abcabc"}, KEY)

    assert redactor.text("abcabcabc-") == f"{redactor.mark('abcabc')}-"


def test_nested_data_is_cleaned_with_its_keys() -> None:
    mark = REDACTOR.mark("hunter2secret")

    observed = REDACTOR.value(
        {"a hunter2secret": [b"hunter2secret", ("x", "hunter2secret"), None, 4, True, 1.5]}
    )

    assert observed == {f"a {mark}": [mark.encode(), ("x", mark), None, 4, True, 1.5]}


def test_a_number_that_is_a_secret_is_replaced() -> None:
    redactor = Redactor({"PIN": "123456"}, KEY)

    assert redactor.value([123456, 1234567]) == [redactor.mark("123456"), 1234567]


def test_a_short_secret_is_named_and_not_searched_but_masked_under_its_name() -> None:
    redactor = Redactor({"PIN": "123", "API_KEY": "abcd"}, KEY)

    assert redactor.unsearched == ("PIN",)
    assert redactor.text("123 abcd") == f"123 {redactor.mark('abcd')}"
    assert redactor.named({"X-Key": "123"}) == {"X-Key": redactor.mark("123")}


@pytest.mark.parametrize(
    "name",
    ["Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-API-Key", "db_password",
     "GITHUB_TOKEN", "MySecret", "SIGNING_KEY", "X_Api_Key"],
)  # fmt: skip
def test_a_name_with_a_secret_word_is_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "HOME", "WWW-Authenticate"])
def test_other_names_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)


def test_headers_with_a_secret_name_are_masked_whole() -> None:
    observed = REDACTOR.named({"Authorization": "Bearer zz", "X-Trace": "a hunter2secret"})

    assert observed == {
        "Authorization": REDACTOR.mark("Bearer zz"),
        "X-Trace": f"a {REDACTOR.mark('hunter2secret')}",
    }


def test_the_secrets_of_headers_are_found_without_their_scheme() -> None:
    headers = {
        "Authorization": "Bearer abc",
        "Proxy-Authorization": "token1",
        "Cookie": "a=one; b=two=2; c",
        "Set-Cookie": "sid=xyz; Path=/",
        "X-Api-Key": "k",
        "Accept": "*/*",
    }

    assert secrets_in(headers) == {
        "Authorization": "abc",
        "Proxy-Authorization": "token1",
        "Cookie a": "one",
        "Cookie b": "two=2",
        "Set-Cookie": "xyz",
        "X-Api-Key": "k",
    }


def test_a_redactor_learns_more_secrets() -> None:
    more = REDACTOR.also({"Authorization": "abcdef"})

    assert more.text("abcdef hunter2secret").count("[redacted ") == 2
    assert REDACTOR.text("abcdef") == "abcdef"


def test_an_empty_key_is_refused_and_a_long_one_is_taken() -> None:
    with pytest.raises(ValueError, match="must have at least one byte"):
        Redactor({}, b"")
    assert Redactor({}, b"k" * 1000).mark("a") != Redactor({}, b"k" * 64).mark("a")


def test_many_backslashes_are_scanned_in_linear_time() -> None:
    redactor = Redactor({"S": "\\" * 20 + "a" + "\\" * 20 + "b"}, KEY)
    raw = b"\\" * 200 + b"a" + b"\\" * 200 + b"c"

    assert redactor.raw(raw) is raw


def test_text_that_utf8_cannot_hold_is_kept() -> None:
    assert REDACTOR.text("\ud800 hunter2secret").startswith("\ud800 [redacted ")


def test_secrets_far_apart_are_all_found() -> None:
    gap = "x" * 5000
    text = f"hunter2secret{gap}{LONG}{gap}{gap}{json.dumps(LONG)}{gap}hunter2secret"

    assert REDACTOR.text(text).count("[redacted ") == 4
    assert REDACTOR.touches(text.encode())
    assert not REDACTOR.touches(gap.encode())
