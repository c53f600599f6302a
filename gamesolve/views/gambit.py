"""Games in Gambit's text formats: trees as `.efg`, games in matrix form as `.nfg`, both with exact fractions.

Gambit's tools read what is written here, and `read_nfg` reads what they write of two players. Numbers are exact: a float is written as the
fraction that it is, and the last probability of a chance node is what the others leave, so that they sum to one.
The formats are described in the documentation of Gambit 16 (Savani and Turocy 2025).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, TooLargeError, quoted
from gamesolve.rules.game import ROLES, Game

#: Nodes of a tree that is written at most, and entries of a matrix that is read.
MOST_NODES, MOST_ENTRIES = 1_000_000, 10_000_000
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([{}])|([^\s{}",]+)|,)')


@dataclass(frozen=True, eq=False)
class MatrixGame:
    """A game of two players in matrix form.

    Attributes:
        title: of the game; players: names of both.
        actions: names, of the row player's and the column player's.
        row, column: f8 [m, n], payoffs of both.
    """

    title: str
    players: tuple[str, str]
    actions: tuple[tuple[str, ...], tuple[str, ...]]
    row: np.ndarray
    column: np.ndarray


def nfg_text(game: MatrixGame) -> str:
    """A game in matrix form as `.nfg`; raises GamesolveError where its payoffs are no two matrices of finite numbers of one shape."""
    row, column, shape = np.asarray(game.row, np.float64), np.asarray(game.column, np.float64), tuple(map(len, game.actions))
    if row.shape != shape or column.shape != shape or not (np.isfinite(row).all() and np.isfinite(column).all()):
        raise GamesolveError(
            f"payoffs have shapes {row.shape} and {column.shape}; finite numbers of shape {shape} are needed, as the actions"
        )
    actions = "\n".join(f"{{ {' '.join(map(_quote, names))} }}" for names in game.actions)
    # The row player's action runs fastest.
    payoffs = " ".join(f"{_number(a)} {_number(b)}" for a, b in zip(row.T.ravel().tolist(), column.T.ravel().tolist(), strict=True))
    return f'NFG 1 R {_quote(game.title)} {{ {" ".join(map(_quote, game.players))} }}\n\n{{ {actions}\n}}\n""\n\n{payoffs}\n'


def read_nfg(path: str | Path) -> MatrixGame:
    """The game of a `.nfg` file of two players, of either of the format's two ways to give payoffs; raises GamesolveError."""
    return _NFG(str(path), files.read_text(Path(path))).game()


def efg_text(game: Game) -> str:
    """The tree of a game with a horizon as `.efg`, node by node.

    Raises:
        TooLargeError: it has too many nodes.
        GamesolveError: it has no horizon, or a role is a team.
    """
    if game.horizon is None:
        raise GamesolveError(f"{game} has no horizon, so it has no tree; give it a horizon")
    if len(game.agents) != len(ROLES):
        raise GamesolveError(f"{game} has {len(game.agents)} agents; a tree of Gambit's has one for each role")
    players = " ".join(_quote(agent.name) for agent in game.agents)
    return "\n".join([f"EFG 2 R {_quote(str(game))} {{ {players} }}", '""', "", *_nodes(game)]) + "\n"


def payoff_rows(game: MatrixGame) -> Iterator[tuple[object, ...]]:
    """The payoffs as rows of a CSV file: both actions, and what each player earns."""
    for i, own in enumerate(game.actions[0]):
        for j, other in enumerate(game.actions[1]):
            yield own, other, float(game.row[i, j]), float(game.column[i, j])


def _nodes(game: Game) -> Iterator[str]:
    """Lines of all nodes, a node before its children."""
    from gamesolve.views.position import CHANCE, OVER, Board

    sets: list[dict[object, int]] = [{} for _ in game.agents]
    chances = ends = count = 0
    stack = [Board(game).start()]
    while stack:
        position = stack.pop()
        count += 1
        if count > MOST_NODES:
            raise TooLargeError(f"the tree of {game} has more than {MOST_NODES:,} nodes, which is the limit; take a shorter horizon")
        if position.mover == OVER:
            ends += 1
            payoffs = [position.returns[ROLES.index(agent.role)] for agent in game.agents]
            yield f't "" {ends} "" {{ {", ".join(map(_number, payoffs))} }}'
            continue
        if position.mover == CHANCE:
            chances += 1
            moves = position.outcomes()
            exact = [Fraction(p) for _, p in moves]
            exact[-1] = 1 - sum(exact[:-1], Fraction(0))
            branches = " ".join(f"{_quote(str(k))} {one}" for (k, _), one in zip(moves, exact, strict=True))
            yield f'c "" {chances} "" {{ {branches} }} 0'
            options = [k for k, _ in moves]
        else:
            mover = position.mover
            options = position.legal(mover)
            own = sets[mover]
            number = own.setdefault(tuple(position.path(mover)), len(own) + 1)
            names = " ".join(_quote(game.agents[mover].actions[a]) for a in options)
            yield f'p "" {mover + 1} {number} "" {{ {names} }} 0'
        children = []
        for option in options:
            child = position.clone()
            child.move(option)
            children.append(child)
        stack += children[::-1]


class _NFG:
    """Tokens of a file, read one after the other."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._at = path, 0
        self._tokens = list(self._split(text))

    def game(self) -> MatrixGame:
        """The game; raises GamesolveError."""
        for expected in ("NFG", "1"):
            self._expect(expected)
        kind = self._next("R or D")
        if kind[1] not in ("R", "D"):
            raise self._wrong(f"its numbers are of kind {quoted(kind[1])}; R and D are known")
        title = self._name("the title")
        self._expect("{")
        players = self._names("a player")
        if len(players) != 2:
            raise self._wrong(f"it has {len(players)} players; games of two are read")
        actions = self._actions()
        if self._peek()[0] == "name":
            self._next("a comment")
        m, n = map(len, actions)
        if m * n > MOST_ENTRIES:
            raise self._wrong(f"it has {m} by {n} entries; at most {MOST_ENTRIES:,} are read")
        pairs = self._outcomes(m * n) if self._peek()[1] == "{" else [(self._real(), self._real()) for _ in range(m * n)]
        if self._at < len(self._tokens):
            raise self._wrong(f"{quoted(self._tokens[self._at][1])} is more than {m} by {n} pairs of payoffs")
        table = np.array(pairs, np.float64).reshape(n, m, 2)
        return MatrixGame(title, (players[0], players[1]), actions, table[..., 0].T.copy(), table[..., 1].T.copy())

    def _actions(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of both players' actions, or numbers where the file counts them only."""
        self._expect("{")
        if self._peek()[1] == "{":
            found = []
            for _ in range(2):
                self._expect("{")
                found.append(tuple(self._names("an action")))
            self._expect("}")
        else:
            found = [tuple(str(k + 1) for k in range(self._count())) for _ in range(2)]
            self._expect("}")
        if not all(found):
            raise self._wrong("a player has no actions; one is needed at least")
        return found[0], found[1]

    def _outcomes(self, count: int) -> list[tuple[float, float]]:
        """Payoffs by outcome, and for each entry the number of its outcome; 0 stands for none, which pays nothing."""
        self._expect("{")
        payoffs = [(0.0, 0.0)]
        while self._peek()[1] == "{":
            self._expect("{")
            self._name("an outcome")
            payoffs.append((self._real(), self._real()))
            self._expect("}")
        self._expect("}")
        found = []
        for _ in range(count):
            number = self._count(0)
            if number >= len(payoffs):
                raise self._wrong(f"an entry has outcome {number}; there are {len(payoffs) - 1}")
            found.append(payoffs[number])
        return found

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        at, end = 0, len(text.rstrip())
        while at < end:
            match = TOKEN.match(text, at)
            if match is None:
                raise GamesolveError(f"{self._path!r}: {quoted(text[at : at + 20])} is no name, number or brace")
            name, brace, word = match.groups()
            if name is not None:
                yield "name", re.sub(r"\\(.)", r"\1", name)
            elif brace or word:
                yield "word", brace or word
            at = match.end()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self, what: str) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise GamesolveError(f"{self._path!r} ends where {what} is expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, word: str) -> None:
        found = self._next(word)
        if found != ("word", word):
            raise self._wrong(f"{quoted(found[1])} stands where {word!r} is expected")

    def _name(self, what: str) -> str:
        kind, text = self._next(what)
        if kind != "name":
            raise self._wrong(f"{quoted(text)} stands where {what} in quotes is expected")
        return text

    def _names(self, what: str) -> list[str]:
        """Names up to the brace that ends them."""
        found = []
        while self._peek() != ("word", "}"):
            found.append(self._name(what))
        self._next("}")
        return found

    def _count(self, least: int = 1) -> int:
        kind, text = self._next("a number")
        if kind != "word" or not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < least:
            raise self._wrong(f"{quoted(text)} is no number; an integer from {least} on is needed")
        return int(text)

    def _real(self) -> float:
        kind, text = self._next("a payoff")
        try:
            found = float(Fraction(text)) if kind == "word" and len(text) <= 400 else float("nan")
        except (ValueError, ZeroDivisionError, OverflowError):
            found = float("nan")
        if not np.isfinite(found):
            raise self._wrong(f"{quoted(text)} is no payoff; a finite number is needed")
        return found

    def _wrong(self, message: str) -> GamesolveError:
        return GamesolveError(f"{self._path!r}: {message}")


def _number(value: float) -> str:
    """The fraction that a float is."""
    return str(Fraction(value))


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
