"""Attack-defence tree: steps of an attack and of its defence, tried one after the other, that add up to a goal or do not.

A tree has leaves, which somebody may try, and gates, which hold when what stands below them does. A leaf of the attacker or of the defender
works with its probability if it is tried, which costs what the file says; both see at once what was tried and whether it worked. The leaves
come in the file's order, so one role moves at a time: a turn-based game of perfect information. An `and` gate holds if all its children do,
an `or` gate if one does, and neither does where something in its `unless` holds. When all leaves have had their turn the attacker
earns `worth` if the goal holds. Zero-sum: the attacker's return is that, less what it paid, plus what the defender paid.

**File** (`tree=FILE.json`; `infect` comes with the game):

| key | what |
|---|---|
| `name`, `note` | in words; may be left out |
| `goal` | the gate or leaf that the attacker wants to hold |
| `worth` | what that earns the attacker; 1 unless given |
| `moves` | all leaves, in the order of their turns |
| `nodes` | by name: a leaf `{"attack": p}` or `{"defence": p}`, or a gate `{"and": [names]}` or `{"or": [names]}` |

A leaf may have a `cost` (0 unless given), a gate an `unless` (names).

Source: Z. Aslanyan, F. Nielson and D. Parker, "Quantitative verification and synthesis of attack-defence scenarios", CSF 2016.

| signal | values | meaning |
|---|---|---|
| turn | leaves + 1 | public: whose turn it is |
| by the name of each leaf | 4 | public: open, works, failed, left out |

Known value of `infect`: the attacker succeeds with probability .02295 = .75 x .15 x .3 x (1 - .8 x .4) (published).
"""

from gamesolve.games.attack_defence_tree.rules import GAME

__all__ = ["GAME"]
