"""How does one option take several words: `--suite A B`?"""

from __future__ import annotations

from collections.abc import Sequence

import click

__all__ = ["ManyWords", "spread"]

OPTION = "--suite"


class ManyWords(click.Command):
    """A command whose `--suite` takes every word up to the next flag."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args, OPTION))


def spread(words: Sequence[str], option: str) -> list[str]:
    """Repeat an option before each of its words: click gives it one only.

    A word that begins with `-` ends them, and so does `--`, after which all words
    are arguments. `--suite=A` takes A alone.

    >>> spread(["a.yaml", "--suite", "A", "B", "-x"], "--suite")
    ['a.yaml', '--suite', 'A', '--suite', 'B', '-x']
    """
    done: list[str] = []
    is_taking = False
    rest = iter(words)
    for word in rest:
        if word == "--":
            # Two of them: the first ends the words of the option, the second would be a path.
            done += [word, *rest]
        elif word == option:
            is_taking = True
            first = next(rest, None)
            done += [option] if first is None else [option, first]
        elif word.startswith("-") and word != "-":
            is_taking = False
            done.append(word)
        else:
            done += [option, word] if is_taking else [word]
    return done
