import pytest

from holdfast.cli.many_words import spread


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("--suite A B", "--suite A --suite B"),
        ("x.json --suite A B -x y.json", "x.json --suite A --suite B -x y.json"),
        ("--suite A --suite B", "--suite A --suite B"),
        ("--suite=A B", "--suite=A B"),
        ("--suite A B -- C --suite D", "--suite A --suite B -- C --suite D"),
        ("--suite", "--suite"),
        ("A B", "A B"),
        ("--suite A --suite", "--suite A --suite"),
        ("--suite A -", "--suite A --suite -"),
        ("", ""),
    ],
)
def test_every_word_up_to_the_next_flag_belongs_to_the_option(given: str, expected: str) -> None:
    assert spread(given.split(), "--suite") == expected.split()
