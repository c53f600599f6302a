"""Scripted attackers: B_line, Meander and their families, and sleep. (`random`, uniform over legal actions, every game has.)

They see the attacker's signals only. Source: agents of the same names in the original.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from gamesolve.games.cage2.observing import ADDRESS, NAME, RESULT, SEEN_PORTS, SUBNET
from gamesolve.games.cage2.rules import (
    DISCOVER_SERVICES,
    DISCOVER_SYSTEMS,
    ESCALATE,
    EXPLOIT,
    FORCED,
    IMPACT,
    SLEEP,
    SUCCESS,
    H,
    force,
)
from gamesolve.games.cage2.tables import (
    ENTERPRISE,
    ENTERPRISE0,
    ENTERPRISE1,
    ENTERPRISE2,
    EXPLOIT_NAMES,
    NAMES,
    OP_SERVER,
    SUBNETS,
    USER,
    USER0,
)
from gamesolve.rules import Game, GamesolveError, Scripted, Settings, integer, record, rule

SOURCE = "cage-challenge-2 at 26ce1c1"
EXPLOIT_WORDS = Literal[
    "none", "EternalBlue", "BlueKeep", "HTTPRFI", "HTTPSRFI", "SSHBruteForce", "SQLInjection", "HarakaRCE", "FTPDirectoryTraversal"
]
ENTRY_WORDS = Literal["random", "User1", "User2", "User3", "User4"]


class MeanderSettings(Settings):
    """Settings of `meander`; the original's are the defaults."""

    patience: int = Field(0, ge=0, le=1000, description="steps slept before each action")
    rescan: bool = Field(False, description="scan a host again after an exploit of it has failed")
    forced: EXPLOIT_WORDS = Field("none", description="concrete exploit taken wherever it is open (needs forced_exploits=true)")


class BLineSettings(MeanderSettings):
    """Settings of `b_line`; the original's are the defaults."""

    entry: ENTRY_WORDS = Field("random", description="host by which it enters")


FAMILY: dict[str, Any] = {"patience": "i2", "waited": "i2", "rescan": "i1", "forced": "i1"}
B_LINE_MEMORY = record(**FAMILY, stage="i1", entry="i1", begun="i1", at_server="i1")
MEANDER_MEMORY = record(
    **FAMILY, subnets="i4", scanned="i4", exploited="i4", escalated="i4", mapped="i4", last="i2"
)  # masks of subnets and hosts; the last action


def start_family(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the settings; raises GamesolveError where the game does not let exploits be forced."""
    if settings.forced != "none" and not game.table["forcing"][0]:
        raise GamesolveError(f"forced={settings.forced!r} needs a game in which exploits can be forced: set forced_exploits=true")
    memory["patience"], memory["rescan"] = settings.patience, settings.rescan
    memory["forced"] = EXPLOIT_NAMES.index(settings.forced)
    if isinstance(settings, BLineSettings) and settings.entry != "random":
        memory["entry"] = NAMES.index(settings.entry)


@rule
def act_sleep(table, memory, signal, mask, chance, probabilities):
    """Do nothing."""
    probabilities[SLEEP] = 1.0


@rule
def waits(memory):
    """Whether a patient attacker sleeps in this step."""
    if memory.waited < memory.patience:
        memory.waited += 1
        return True
    memory.waited = 0
    return False


@rule
def preferred(memory, mask, host):
    """The action that exploits a host: by the forced exploit where that is open."""
    if memory.forced > 0 and mask[force(memory.forced, host)]:
        return force(memory.forced, host)
    return EXPLOIT + host


# --- B_line ---------------------------------------------------------------------------------------

LAST_STAGE, SCAN_ENTRY, EXPLOIT_SERVER = 14, 1, 12
#: Where the script goes on after a failure, by stage.
JUMP = (0, 1, 2, 2, 2, 2, 5, 5, 5, 5, 9, 9, 9, 12, 13)
#: The same for an attacker who scans again before each new attempt to exploit.
RESCAN_JUMP = (0, 1, 1, 1, 1, 4, 4, 4, 4, 8, 8, 8, 11, 11, 13)


@rule
def act_b_line(table, memory, signal, mask, chance, probabilities):
    """Straight to the server: user host, its Enterprise host, Enterprise2, Op_Server0, Impact for ever."""
    if memory.begun and memory.waited == 0:
        follow_up(memory, signal[RESULT] == SUCCESS)
    if waits(memory):
        probabilities[SLEEP] = 1.0
        return
    memory.begun = 1
    if memory.entry == 0 and memory.stage == SCAN_ENTRY:
        memory.entry = USER0 + 1 + integer(chance, 4)
    if memory.stage == EXPLOIT_SERVER and not memory.at_server:
        # Its first scan of the server came back empty: the script has no address to exploit and starts over.
        memory.at_server = signal[SEEN_PORTS + OP_SERVER]
        memory.stage = EXPLOIT_SERVER if memory.at_server else SCAN_ENTRY
    probabilities[stage_action(memory, mask)] = 1.0


@rule
def follow_up(memory, succeeded):
    """The next stage."""
    if succeeded:
        memory.stage = min(memory.stage + 1, LAST_STAGE)
    else:
        memory.stage = RESCAN_JUMP[memory.stage] if memory.rescan else JUMP[memory.stage]


@rule
def stage_action(memory, mask):
    """The action of a stage: three for each host on the way (scan, exploit, escalate), two to find subnets, Impact."""
    stage = memory.stage
    linked = ENTERPRISE1 if memory.entry <= USER0 + 2 else ENTERPRISE0
    if stage == 0:
        action = DISCOVER_SYSTEMS + USER
    elif stage <= 3:
        action = approach(memory, mask, stage - 1, memory.entry)
    elif stage <= 6:
        action = approach(memory, mask, stage - 4, linked)
    elif stage == 7:
        action = DISCOVER_SYSTEMS + ENTERPRISE
    elif stage <= 10:
        action = approach(memory, mask, stage - 8, ENTERPRISE2)
    elif stage <= 13:
        action = approach(memory, mask, stage - 11, OP_SERVER)
    else:
        action = IMPACT
    return action


@rule
def approach(memory, mask, part, host):
    """Scan, exploit or escalate (part 0, 1, 2) a host."""
    if part == 1:
        return preferred(memory, mask, host)
    return (DISCOVER_SERVICES if part == 0 else ESCALATE) + host


# --- Meander --------------------------------------------------------------------------------------


@rule
def act_meander(table, memory, signal, mask, chance, probabilities):
    """Scan everything known, escalate everywhere, exploit everything known; Impact once the server is escalated."""
    if memory.waited == 0:
        learn(memory, signal[RESULT] == SUCCESS)
    if waits(memory):
        probabilities[SLEEP] = 1.0
        return
    memory.last = meander(memory, signal, mask, chance)
    probabilities[memory.last] = 1.0


@rule
def learn(memory, succeeded):
    """What the last action's result changes in its memory."""
    last = memory.last
    if last >= FORCED:
        last = EXPLOIT + (last - FORCED) % H
    if EXPLOIT <= last < ESCALATE:
        host = last - EXPLOIT
        if succeeded:
            memory.mapped |= 1 << host
        else:
            memory.exploited &= ~(1 << host)
            if memory.rescan:
                memory.scanned &= ~(1 << host)
            forget(memory)
    elif last >= ESCALATE and not succeeded:
        host = last - ESCALATE if last < IMPACT else OP_SERVER
        memory.escalated &= ~(1 << host)
        memory.exploited &= ~(1 << host)


#: Masks of the hosts whose names contain "Op" and "Ent".
OPERATIONAL_HOSTS = sum(1 << h for h, name in enumerate(NAMES) if "Op" in name)
ENTERPRISE_HOSTS = sum(1 << h for h, name in enumerate(NAMES) if "Ent" in name)


@rule
def forget(memory):
    """After a failed exploit: what it holds deepest in the network it takes for lost."""
    lost = memory.escalated & OPERATIONAL_HOSTS
    if lost == 0:
        lost = memory.escalated & ENTERPRISE_HOSTS
    memory.escalated &= ~lost
    memory.exploited &= ~lost


@rule
def meander(memory, signal, mask, chance):
    """The first rule that applies."""
    if memory.escalated >> OP_SERVER & 1:
        return IMPACT
    for subnet in range(len(SUBNETS)):
        if signal[SUBNET + subnet] and not memory.subnets >> subnet & 1:
            memory.subnets |= 1 << subnet
            return DISCOVER_SYSTEMS + subnet
    addresses, names = known(signal, ADDRESS), known(signal, NAME)
    found = draw_host(chance, addresses & ~memory.scanned)
    if found >= 0:
        memory.scanned |= 1 << found
        return DISCOVER_SERVICES + found
    found = draw_host(chance, names & ~memory.escalated & (~memory.mapped | memory.exploited))
    if found >= 0:
        memory.escalated |= 1 << found
        return ESCALATE + found
    found = draw_host(chance, addresses & ~memory.exploited)
    if found >= 0:
        memory.exploited |= 1 << found
        return preferred(memory, mask, found)
    return SLEEP


@rule
def known(signal, column):
    """Mask of the hosts whose flag in a block of the attacker's row is set."""
    found = 0
    for host in range(H):
        found |= (1 if signal[column + host] else 0) << host
    return found


@rule
def draw_host(chance, hosts):
    """One of the hosts in a mask, uniformly; -1 where there is none."""
    count = 0
    for host in range(H):
        count += hosts >> host & 1
    if count == 0:
        return -1
    n = integer(chance, count)
    for host in range(H):
        n -= hosts >> host & 1
        if n < 0:
            return host
    return -1


ATTACKERS = (
    Scripted("sleep", "attacker", act_sleep, source=f"SleepAgent of {SOURCE}"),
    Scripted(
        "b_line",
        "attacker",
        act_b_line,
        memory=B_LINE_MEMORY,
        settings=BLineSettings,
        start=start_family,
        source=f"B_lineAgent of {SOURCE}; its settings span a family of our own",
    ),
    Scripted(
        "meander",
        "attacker",
        act_meander,
        memory=MEANDER_MEMORY,
        settings=MeanderSettings,
        start=start_family,
        source=f"RedMeanderAgent of {SOURCE}; its settings span a family of our own",
    ),
)
