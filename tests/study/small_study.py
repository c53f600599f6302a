"""A study of flipit that takes seconds, as plain data, and changes of it."""

from __future__ import annotations

import copy
from typing import Any

STUDY: dict[str, Any] = {
    "title": "Who is afraid of the tracker?",
    "game": {"name": "flipit", "parameters": {"horizon": 4}},
    "attackers": {
        "seen": {"periodic": {"policy": "periodic", "period": [2, 3]}},
        "same_family": {"slow": {"policy": "periodic", "period": 4}},
        "new_family": {"tracker": {"policy": "tracker"}},
        "adaptive": {"learned": {"learner": ["tabular"], "budget": 2_000}},
    },
    "defenders": {
        "random": {"policy": "random"},
        "mixture": {"method": "train", "learner": "tabular"},
        "mmd": {"method": "mmd"},
        "psro": {"method": "psro", "oracle": "tabular", "iterations": 2, "settings": {"tabular": {"rollout": 512}}},
    },
    "budget": {"decisions": 60_000, "seeds": 2, "evaluation_episodes": 50},
    "report": {"baseline": "mixture"},
}

#: One in which nobody is trained but specialists and adaptive attackers.
FIXED: dict[str, Any] = {
    "title": "Who stands up to whom?",
    "game": {"name": "flipit", "parameters": {"horizon": 4}},
    "attackers": {
        "seen": {"never": {"policy": "never"}},
        "new_family": {"greedy": {"policy": "greedy"}},
        "adaptive": {"learned": {"learner": ["tabular"], "budget": 2_000}},
    },
    "defenders": {"random": {"policy": "random"}, "periodic": {"policy": "periodic"}},
    "variants": {"costly": {"parameters": {"defender_cost": 0.8}}},
    "budget": {"decisions": 30_000, "seeds": 2, "evaluation_episodes": 40},
    "report": {"baseline": "random"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The study with another value at a path of keys with dots between."""
    found = copy.deepcopy(STUDY)
    *folders, last = path.split(".")
    table = found
    for key in folders:
        table = table.setdefault(key, {})
    if value is None:
        table.pop(last)
    else:
        table[last] = value
    return found
