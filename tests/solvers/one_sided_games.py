"""One-sided games as text in the format of .osposg files, with what is known of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

#: Two states that player 1 cannot tell apart but by noisy signs; written by hand.
WRITTEN = """\
2 1 2 2 2 16 5 0.8
calm 0
raid 0
watch
strike
wait
move
quiet
noise
0 1
0 1
0 1
0 0 0 0 0 0.9
0 0 0 1 0 0.1
0 0 1 0 1 0.4
0 0 1 1 1 0.6
0 1 0 0 0 0.9
0 1 0 1 0 0.1
0 1 1 0 1 0.4
0 1 1 1 1 0.6
1 0 0 0 1 0.4
1 0 0 1 1 0.6
1 0 1 0 0 0.9
1 0 1 1 0 0.1
1 1 0 0 0 0.9
1 1 0 1 0 0.1
1 1 1 0 0 0.9
1 1 1 1 0 0.1
0 1 0 -1
0 1 1 -1
1 0 0 -2
1 1 0 3
1 1 1 -1
0 1 0
"""


def written(folder: Path, text: str) -> Path:
    """A file that holds it."""
    path = folder / "game.osposg"
    path.write_text(text, encoding="utf-8")
    return path


def tiger(discount: float) -> str:
    """The tiger behind one of two doors, a game in which player 2 has no choice."""
    lines = [f"2 1 3 1 2 20 6 {discount}", "left 0", "right 0", "listen", "open left", "open right", "none", "growl left", "growl right"]
    lines += ["0", "0", "0 1 2"]
    for s, o in itertools.product(range(2), repeat=2):
        lines.append(f"{s} 0 0 {o} {s} {0.85 if s == o else 0.15}")
    lines += [f"{s} {a} 0 {o} {after} 0.25" for s, a, o, after in itertools.product(range(2), (1, 2), range(2), range(2))]
    lines += ["0 0 0 -1", "1 0 0 -1", "0 1 0 -100", "1 1 0 10", "0 2 0 10", "1 2 0 -100"]
    return "\n".join([*lines, "0 0.5 0.5"]) + "\n"


def bayesian(rng: np.random.Generator) -> tuple[str, float]:
    """A game whose first step is all that earns anything, and its value by a linear program of its own."""
    states, a1, a2 = (int(n) for n in rng.integers(1, 4, 3))
    payoffs, belief = rng.normal(size=(states, a1, a2)).round(3), rng.dirichlet(np.ones(states))
    lines = [f"{states + 1} 2 {a1} {a2} 1 {(states + 1) * a1 * a2} {states * a1 * a2} 0.5"]
    lines += [*(f"s{s} 0" for s in range(states)), "over 1", *(f"own{k}" for k in range(a1)), *(f"other{k}" for k in range(a2)), "nothing"]
    lines += [" ".join(map(str, range(a2)))] * (states + 1) + [" ".join(map(str, range(a1)))] * 2
    lines += [f"{s} {i} {j} 0 {states} 1" for s, i, j in itertools.product(range(states + 1), range(a1), range(a2))]
    lines += [f"{s} {i} {j} {payoffs[s, i, j]}" for s, i, j in itertools.product(range(states), range(a1), range(a2))]
    # The mixture, and what each state is worth at least.
    above = np.zeros((states * a2, a1 + states))
    for s, j in itertools.product(range(states), range(a2)):
        above[s * a2 + j, :a1], above[s * a2 + j, a1 + s] = -payoffs[s, :, j], 1.0
    found = linprog(
        np.concatenate([np.zeros(a1), -belief]), A_ub=above, b_ub=np.zeros(states * a2),
        A_eq=np.concatenate([np.ones(a1), np.zeros(states)])[None], b_eq=[1.0], bounds=[(0, None)] * a1 + [(None, None)] * states,
    )  # fmt: skip
    return "\n".join([*lines, " ".join(map(str, [0, *belief.tolist()]))]) + "\n", -float(found.fun)
