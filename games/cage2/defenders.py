"""Scripted defenders: sleep, vec_restore and the hand rule. (`random`, uniform over all actions, every game has.)

They see the 52 bits only, and remember what they did.
"""

from __future__ import annotations

import numpy as np

from gamesolve.games.cage2.observing import ACTIVITY, CLEAN, MARK, QUIET
from gamesolve.games.cage2.rules import ANALYSE, DECOY, MONITOR, RESTORE, SLEEP, H, on_host
from gamesolve.games.cage2.tables import APACHE, FEMITTER, HARAKA, NAMES, SSHD, TOMCAT, USER0
from gamesolve.rules import Scripted, record, rule


@rule
def act_sleep(table, memory, signal, mask, chance, probabilities):
    """Do nothing."""
    probabilities[SLEEP] = 1.0


@rule
def act_vec_restore(table, memory, signal, mask, chance, probabilities):
    """Restore the first host marked as compromised in any way, User0 left alone; else monitor."""
    action = MONITOR
    for host in range(H - 1, -1, -1):
        if host != USER0 and signal[MARK + host] != CLEAN:
            action = on_host(RESTORE, host)
    probabilities[action] = 1.0


# --- the hand rule --------------------------------------------------------------------------------

UNTOLD, B_LINE_EARLY, B_LINE_LATE, MEANDER = range(4)  # B_line by way of User1 or User2, of User3 or User4


def _plan(*decoys: tuple[str, int]) -> tuple[int, ...]:
    """Decoys as host + H * kind, in the order of placing, padded."""
    codes = [NAMES.index(host) + H * kind for host, kind in decoys]
    return tuple(codes + [-1] * (PLAN - len(codes)))


PLAN = 8
#: i2 [cases, PLAN]: what to place, in this order, by what the attacker has shown itself to be.
PLANS = np.array(
    (
        _plan(("User2", APACHE), ("User2", FEMITTER), ("User2", TOMCAT)),
        _plan(
            ("Enterprise1", FEMITTER),
            ("Enterprise2", FEMITTER),
            ("Op_Host2", APACHE),
            ("User3", SSHD),
            ("Op_Host1", HARAKA),
            ("Op_Host1", APACHE),
        ),
        _plan(
            ("Enterprise0", APACHE),
            ("Enterprise0", HARAKA),
            ("Op_Server0", TOMCAT),
            ("Enterprise2", FEMITTER),
            ("Op_Server0", HARAKA),
            ("Enterprise0", TOMCAT),
            ("Op_Server0", APACHE),
        ),
        _plan(
            ("User2", TOMCAT),
            ("Enterprise0", TOMCAT),
            ("User2", APACHE),
            ("Enterprise0", APACHE),
            ("Enterprise0", HARAKA),
            ("Enterprise1", FEMITTER),
            ("Enterprise2", FEMITTER),
        ),
    ),
    np.int16,
)

#: The hosts that are analysed in turn.
TURNS = tuple(NAMES.index(name) for name in ("Enterprise0", "Enterprise1", "Enterprise2", "User1", "User2", "User3", "User4"))

HAND_MEMORY = record(
    case="i1",
    first="i1",  # 1 + the first host that showed activity
    placed=("i2", H),  # decoys that stand, as bits
    waiting=("i1", H),  # user hosts that were marked in the step before
    turn="i1",  # the next host to analyse
)


@rule
def act_hand_rule(table, memory, signal, mask, chance, probabilities):
    """Tell the attackers apart by the first two hosts that show activity; decoys by plan; restore what is marked; analyse in turn."""
    tell_apart(memory, signal)
    action = restore_marked(memory, signal)
    if action < 0:
        action = next_decoy(memory)
    if action < 0:
        action = analyse_in_turn(memory)
    probabilities[action] = 1.0


@rule
def tell_apart(memory, signal):
    """B_line goes on with the host that it scanned first; Meander scans another."""
    if memory.case != UNTOLD:
        return
    for host in range(H):
        if signal[ACTIVITY + host] == QUIET:
            continue
        if memory.first == 0 and host != USER0:
            memory.first = 1 + host
        elif memory.first == 1 + host:
            memory.case = B_LINE_EARLY if host <= USER0 + 2 else B_LINE_LATE
        else:
            memory.case = MEANDER


@rule
def restore_marked(memory, signal):
    """Restore marked Enterprise and Operational hosts at once, user hosts a step later and against Meander only; -1 for none."""
    chosen = -1
    for host in range(H):
        marked = signal[MARK + host] != CLEAN
        if host >= USER0:
            late = memory.waiting[host] and memory.case == MEANDER
            memory.waiting[host] = marked
            marked = marked and late and host != USER0
        if marked and chosen < 0:
            chosen = host
    if chosen < 0:
        return -1
    memory.placed[chosen] = 0
    memory.waiting[chosen] = 0
    return on_host(RESTORE, chosen)


@rule
def next_decoy(memory):
    """The first decoy of the plan that does not stand; -1 where all do."""
    for k in range(PLAN):
        code = PLANS[memory.case, k]
        host, kind = code % H, code // H
        if code >= 0 and not memory.placed[host] >> kind & 1:
            memory.placed[host] |= 1 << kind
            return on_host(DECOY + kind, host)
    return -1


@rule
def analyse_in_turn(memory):
    """Analyse the Enterprise hosts and User1 to User4, one after the other, and again from the first."""
    host = TURNS[memory.turn]
    memory.turn = (memory.turn + 1) % len(TURNS)
    return on_host(ANALYSE, host)


DEFENDERS = (
    Scripted("sleep", "defender", act_sleep, source="BlueSleepAgent of the original"),
    Scripted("vec_restore", "defender", act_vec_restore, source="the defender of the recorded episodes"),
    Scripted("hand_rule", "defender", act_hand_rule, memory=HAND_MEMORY, source="a rule of forty lines, after the winners' decoys"),
)
