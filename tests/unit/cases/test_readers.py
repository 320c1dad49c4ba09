"""Which plain data do JSON, YAML and TOML texts give, and what is said of a broken one?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.cases.document import Format, Source
from holdfast.cases.read import open_document, read_plain, read_rows
from holdfast.cases.read_json import JsonDocument, blank, decode_json
from holdfast.cases.read_yaml import decode_yaml
from holdfast.errors import ProblemsError


def source(text: str, kind: Format) -> Source:
    return Source(path="f", text=text, format=kind)


def read_all(text: str, kind: Format) -> None:
    list(open_document(source(text, kind)).cases())


def refused(text: str, kind: Format) -> str:
    with pytest.raises(ProblemsError) as caught:
        read_all(text, kind)
    (problem,) = caught.value.problems
    return str(problem).partition("\nhint")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        ('{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
        ('// one\n{"a": 1, /* two */ "b": 2,} # three', {"a": 1, "b": 2}),
        ("[1, 2, ]", [1, 2]),
        ('{"a": "http://x//y#z", "b": "/* no */",}', {"a": "http://x//y#z", "b": "/* no */"}),
        (r'{"a": "quote \" // still", }', {"a": 'quote " // still'}),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_json_may_have_comments_and_trailing_commas(text: str, expected: Any) -> None:
    assert decode_json(source(text, "json")) == expected


def test_blanking_keeps_every_position() -> None:
    text = '{"a": 1, // x\n /* y\n z */ "b": "//",\n}'
    assert len(blank(text)) == len(text)
    assert blank(text).count("\n") == text.count("\n")
    assert blank(text).index('"b"') == text.index('"b"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("010", 10),
        ("0o10", 8),
        ("0x1f", 31),
        ("+3", 3),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.2.3", "1.2.3"),
        ("True", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("''", ""),
        ("a:", {"a": None}),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '7'", 7),
        ("{a: [1, b]}", {"a": [1, "b"]}),
        ("x: &x {n: 1, m: 2}\ny: {<<: *x, n: 3}", {"x": {"n": 1, "m": 2}, "y": {"n": 3, "m": 2}}),
        ("- &a [1]\n- *a", [[1], [1]]),
        ("x: {<<: [{n: 1}, {n: 2, m: 2}]}", {"x": {"n": 1, "m": 2}}),
    ],
)
def test_yaml_is_read_by_the_core_schema_of_1_2(text: str, expected: Any) -> None:
    found = decode_yaml(source(text, "yaml"))
    assert found == expected
    assert type(found) is type(expected)


def test_an_empty_yaml_is_null() -> None:
    assert decode_yaml(source("# nothing", "yaml")) is None


def test_toml_dates_are_their_iso_text() -> None:
    document = open_document(
        source("suite = 'a'\nx = 2026-01-31\ny = 10:00:00\nz = [1, 2.5]", "toml")
    )
    assert document.head == {"suite": "a", "x": "2026-01-31", "y": "10:00:00", "z": [1, 2.5]}
    assert not document.has_cases


BROKEN: dict[str, tuple[Format, str, str]] = {
    "cut json": ("json", '{"cases": [{"id": "a"}', "f:1:23: a list must go on with ',' or ']', got the end of the file"),
    "cut in a case": ("json", '[{"id": "a"', "f:1:12: the text must be JSON: expecting ',' delimiter"),
    "no colon": ("json", '{"cases" []}', "f:1:10: a key must go on with ':', got '['"),
    "no key": ("json", "{cases: []}", "f:1:2: an object must go on with a key in \"double quotes\" or '}', got 'c'"),
    "two values": ("json", "[] []", "f:1:4: the text must go on with end here, got '['"),
    "no comma": ("json", '{"cases": [1 2]}', "f:1:14: a list must go on with ',' or ']', got '2'"),
    "no comma between keys": ("json", '{"suite": "a" "cases": []}', "f:1:15: an object must go on with ',' or '}', got '\"'"),
    "a text": ("json", '"x"', "f:1:1: a case file must be an object or a list"),
    "nan": ("json", '[{"a": "NaN"}, {"a": NaN}]', "f:1:22: a number must be finite and fit 64 bits, got NaN"),
    "infinite": ("json", "[1e999]", "f:1:2: a number must be finite and fit 64 bits, got 1e999"),
    "long": ("json", "[18446744073709551616]", "f:1:2: a number must be finite and fit 64 bits, got 18446744073709551616"),
    "half a pair": ("json", '["a", "\\ud800"]', "f:1:7: a string must not hold half of a surrogate pair"),
    "after a comment": ("json", "// c\n[1, // d\n  x]", "f:3:3: the text must be JSON: expecting value"),
    "deep": ("json", "[" * 100_000, "f:1:2: values must not be nested this deeply"),
    "a tab": ("yaml", "cases:\n\t- a", "f:2:1: the text must be YAML: found character that cannot start any token"),
    "an open quote": ("yaml", "cases: ['a", "f:1:11: the text must be YAML: found unexpected end of stream"),
    "two documents": ("yaml", "cases: []\n---\na: 1", "f:2:1: the text must be YAML: it has a second document"),
    "a control character": ("yaml", "cases: [\x07]", "f:1:9: the text must be YAML: control characters are not allowed, got '\\x07'"),
    "a single value": ("yaml", "7", "f:1:1: a case file must be an object or a list, got a single value"),
    "itself": ("yaml", "cases: &a [*a]", "f:1:8: the text must be YAML: a value must not hold itself"),
    "deep yaml": ("yaml", "cases: " + "[" * 300 + "]" * 300, "f:1:208: the text must be YAML: values must not be nested this deeply"),
    "many aliases": (
        "yaml",
        "\n".join([f"a0: &a0 [{'x, ' * 9}]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 9))]),
        "f:7:5: the text must be YAML: aliases must not stand for more than 5,000,000 values",
    ),
    "a value without a key": ("toml", "cases = [", "f:1: the text must be TOML: invalid value"),
    "no toml": ("toml", "a b", "f:1:3: the text must be TOML: expected '=' after a key in a key/value pair"),
    "a key twice": ("toml", "[[cases]]\nid = 'a'\nid = 'b'", "f:3:1: the key 'id' must be given once, got it again"),
    "a dotted key twice": ("toml", "a.b = 1\na . b = 2", "f:2:5: the key 'b' must be given once, got it again"),
    "a key twice after texts": ("toml", 'x = """\na = 1"""\ny = \'\'\'z\'\'\'\n"k" = [{a = 1}, {a = 2}]\nk = 1', "f:5:1: the key 'k' must be given once, got it again"),
    "a key twice in a table": ("toml", "t = {a = 1, a = 2}", "f:1:13: the key 'a' must be given once, got it again"),
    "deep toml": ("toml", "a = " + "[" * 5000 + "]" * 5000, "f: values must not be nested this deeply"),
    "an open object": ("yaml", "cases: {a: 1", "f:2:1: the text must be YAML: did not find expected ',' or '}'"),
    "a table twice": ("toml", "[a]\n[b]\n[a]", "f:3:2: the key 'a' must be given once, got it again"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_text_gives_one_error_with_its_place(name: str) -> None:
    kind, text, expected = BROKEN[name]
    assert refused(text, kind) == expected


FAULTY: dict[str, tuple[Format, str, str]] = {
    "infinite": ("yaml", "cases: [{a: .inf}]", "a number must be finite, got .inf"),
    "not a number": ("yaml", "cases: [{a: .nan}]", "a number must be finite, got .nan"),
    "long": ("yaml", "cases: [99999999999999999999]", "a number must fit 64 bits, got 99999999999999999999"),
    "very long": ("yaml", f"cases: [{'9' * 5000}]", f"a number must fit 64 bits, got {'9' * 30}"),
    "a key that is a number": ("yaml", "cases: [{1: a}]", "a key must be a string, got another value"),
    "a key that is a list": ("yaml", "cases: [{[a]: a}]", "a key must be a string, got another value"),
    "a tag": ("yaml", "cases: [!foo x]", "no such tag '!foo'"),
    "a tag of python": ("yaml", "cases: [!!python/name:os.system x]", "no such tag '!!python/name:os.system'"),
    "a tag on a list": ("yaml", "cases: [!!set {a}]", "no such tag 'tag:yaml.org,2002:set'"),
    "a merge of a number": ("yaml", "cases: [{<<: 3}]", "'<<' must merge an object or a list of objects"),
    "infinite toml": ("toml", "cases = [{a = inf}]", "a number must be finite, got inf"),
    "long toml": ("toml", "cases = [{a = 99999999999999999999}]", "a number must fit 64 bits, got a longer one"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_what_plain_data_cannot_hold_is_a_fault(name: str) -> None:
    kind, text, expected = FAULTY[name]
    document = open_document(source(text, kind))
    list(document.cases())
    assert [fault.message for fault in document.faults] == [expected]


def test_a_number_that_loses_its_zero_is_noted() -> None:
    document = open_document(source("suite: 1.10\nx: 0.50\ny: 2.0\nz: '1.10'", "yaml"))
    assert document.notes == [(1, "1.10 is read as the number 1.1; quote it to keep the text")]


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_cases_can_be_read_more_than_once(kind: Format) -> None:
    document = open_document(source('{"cases": [{"a": 1},\n{"b": 2}], "suite": "s"}', kind))
    assert list(document.cases()) == [({"a": 1}, 1), ({"b": 2}, 2)]
    assert list(document.cases()) == [({"a": 1}, 1), ({"b": 2}, 2)]


def test_keys_after_the_cases_are_late() -> None:
    document = open_document(source('{"a": 1, "cases": [2], "b": 3, }', "json"))
    assert document.head == {"a": 1}
    assert [value for value, _ in document.cases()] == [2]
    assert document.late == {"b": 3}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"cases": [{"a": 1, "a": 2}]}',
        '{"a": 1, "cases": [], "a": 1}',
        '{"cases": [], "cases": []}',
    ],
)
def test_a_repeated_key_of_json_is_seen(text: str) -> None:
    document = open_document(source(text, "json"))
    list(document.cases())
    assert document.has_repeats


def test_rows_come_from_json_yaml_and_csv(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('[{"a": 1}]')
    (tmp_path / "r.yml").write_text("- a: 1")
    (tmp_path / "r.csv").write_text('a,b\n1,"x, y"\n')
    assert read_plain(tmp_path / "r.json") == [{"a": 1}]
    assert read_rows(tmp_path / "r.yml") == [{"a": 1}]
    assert read_rows(tmp_path / "r.csv") == [{"a": "1", "b": "x, y"}]


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,b\n1,2,3\n", 'a,b\n1,"x\n'])
def test_a_broken_csv_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(ProblemsError):
        read_rows(tmp_path / "r.csv")


def test_a_tab_has_its_cure() -> None:
    with pytest.raises(ProblemsError, match="hint: indent with spaces"):
        open_document(source("cases:\n\t- a", "yaml"))


def test_cases_of_toml_that_are_no_list_stay_with_the_head() -> None:
    document = open_document(source("cases = 3", "toml"))
    assert document.head == {"cases": 3}
    assert not document.has_cases


def test_a_broken_file_of_data_is_refused() -> None:
    with pytest.raises(ProblemsError, match=r"a number must be finite, got \.nan"):
        decode_yaml(source("[.nan]", "yaml"))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="the file must be readable, got Is a directory"):
        read_plain(tmp_path)


@pytest.mark.parametrize(
    "case",
    [
        '{"a": 1, "a": 1}',
        '{"a\\u003a": 1, "b": 1, "b": 2}',
        '{"a": {"b": [{"k": ":", "k": "::"}]}}',
        '{"a": 1, /* : */ "a": 1}',
    ],
)
def test_a_repeated_key_of_json_is_noticed_in_any_spelling(case: str) -> None:
    document = JsonDocument(Source(path="f", text=f'{{"cases": [{case}]}}', format="json"))
    assert len(list(document.cases())) == 1
    assert document.has_repeats


def test_a_long_number_of_json_keeps_every_digit() -> None:
    text = "[9223372036854775808, 18446744073709551615, -9223372036854775808, 1234567890123456789]"
    document = JsonDocument(Source(path="f", text=text, format="json"))
    assert [value for value, _ in document.cases()] == [
        2**63,
        2**64 - 1,
        -(2**63),
        1234567890123456789,
    ]
