"""What both roles see: MEMORY, and `observe`.

The defender gets the original's 52 bits: on each host the activity of this step and the wrapper's
running guess of how compromised it is; and, where asked for, what follows from its own past. The
attacker gets what it knows, in a fixed row for each host.
"""

from __future__ import annotations

from gamesolve.games.cage2.rules import (
    BRUTE_FORCE,
    CONNECTED,
    OTHER,
    REMOVABLE,
    REMOVE,
    RESTORE,
    ROOT,
    SCANNED,
    SUCCESS,
    D,
    H,
)
from gamesolve.games.cage2.tables import EXPLOITS, PORTS, SUBNETS
from gamesolve.rules import ATTACKER, DEFENDER, record, rule

#: Activity on a host in this step, and the running guess: values of the defender's signals.
QUIET, SCAN, EXPLOITED = range(3)
CLEAN, UNKNOWN, USER_ACCESS, PRIVILEGED = range(4)
#: How long ago the defender has seen a host scanned.
NEVER, EARLIER, LAST = range(3)
#: Ports that an exploit can attack are the first of `tables.PORTS`.
P = len(EXPLOITS)

MEMORY = record(
    mark=("i1", H),
    scanned=("i1", H),
    open=("i1", H * P),  # the attacker's lists of ports, one flag each: copied, not worked out, at every step
    decoys=("i1", H * D),  # the defender's decoys that stand, likewise
)

# Columns of the defender's row.
ACTIVITY, MARK = 0, H
SCAN_MEMORY, DECOYS_PLACED = 2 * H, 3 * H
# Columns of the attacker's row.
RESULT, ADDRESS = 0, 1
NAME, ACCESS, SEEN_PORTS = ADDRESS + H, ADDRESS + 2 * H, ADDRESS + 3 * H
OPEN = SEEN_PORTS + H
SUBNET = OPEN + P * H
OT_KNOWN = SUBNET + len(SUBNETS)


@rule
def observe(table, state, memory, actions, chance, signals):
    """Update the defender's marks and fill both rows."""
    watch(state, memory, actions[DEFENDER], signals[DEFENDER])
    if table.own_past:
        recall(state, memory, actions[DEFENDER], signals[DEFENDER])
    survey(state, memory, signals[ATTACKER])


@rule
def watch(state, memory, action, signal):
    """The 52 bits: activity, and marks changed by the defender's own action, by activity, and by what Analyse found."""
    if action >= 2:
        kind, host = (action - 2) // H, (action - 2) % H
        if kind == RESTORE:
            memory.mark[host] = CLEAN
        elif kind == REMOVE and memory.mark[host] != CLEAN:
            memory.mark[host] = UNKNOWN
    show(state, memory, state.target - 1, signal)
    show(state, memory, state.green - 1, signal)
    if state.analysed:
        memory.mark[state.analysed - 1] = PRIVILEGED
    for host in range(H):
        signal[MARK + host] = memory.mark[host]


@rule
def show(state, memory, host, signal):
    """Show the activity on a host, if any (host -1: none)."""
    if host >= 0:
        signal[ACTIVITY + host] = activity(state, host)
        if signal[ACTIVITY + host] == EXPLOITED:
            memory.mark[host] = USER_ACCESS


@rule
def activity(state, host):
    """How the original's wrapper labels a step's connections on a host.

    It counts items and distinct local ports of what the defender's deployment (an item without a
    port), Green and the attacker did there, in this order.
    """
    deployed = state.deployed == 1 + host
    items, ports = 1 if deployed else 0, 0
    if state.green == 1 + host:
        items += bits(state.green_ports)
        ports |= state.green_ports
    shell = False
    if state.target == 1 + host:
        items += connections(state)
        ports |= state.seen_ports
        shell = state.shell != 0
    # A noticed shell comes from a local port of its own.
    distinct = bits(ports) + (1 if shell else 0)
    if items >= 3 and distinct >= 3:
        return SCAN
    if shell or (items >= 3 and distinct == 1):
        return EXPLOITED
    return SCAN if items > 0 and not deployed else QUIET


@rule
def connections(state):
    """Number of items that the attacker's action leaves on its target."""
    if state.seen == SCANNED:
        return bits(state.seen_ports)
    if state.seen == BRUTE_FORCE:
        return 11 if state.attacker_success == SUCCESS else 10
    if state.seen == CONNECTED:
        return 1 + state.decoyed + state.shell
    return 0


@rule
def bits(mask):
    """Number of ports in a mask."""
    count = 0
    for port in range(len(PORTS)):
        count += mask >> port & 1
    return count


@rule
def recall(state, memory, action, signal):
    """What the defender knows from its own past: which hosts were scanned, and its decoys that still stand."""
    latest = 0
    for host in range(H):
        latest += signal[ACTIVITY + host] == SCAN
    for host in range(H):
        if signal[ACTIVITY + host] == SCAN:
            memory.scanned[host] = LAST
        elif latest > 0 and memory.scanned[host] == LAST:
            memory.scanned[host] = EARLIER
        signal[SCAN_MEMORY + host] = memory.scanned[host]
    if action >= 2:
        host = (action - 2) % H
        for decoy in range(D):
            memory.decoys[D * host + decoy] = state.decoys[host] >> decoy & 1
    for k in range(D * H):
        signal[DECOYS_PLACED + k] = memory.decoys[k]


@rule
def survey(state, memory, signal):
    """What the attacker knows: its last result, and a fixed row of facts for each host."""
    signal[RESULT] = state.attacker_success
    for host in range(H):
        signal[ADDRESS + host] = state.address_known[host]
        signal[NAME + host] = state.name_known[host]
        signal[ACCESS + host] = access(state, host)
        signal[SEEN_PORTS + host] = state.stored[host] >= 0
    if state.seen == SCANNED:
        host = state.target - 1
        for port in range(P):
            memory.open[P * host + port] = state.stored[host] >> port & 1
    for k in range(P * H):
        signal[OPEN + k] = memory.open[k]
    for subnet in range(len(SUBNETS)):
        signal[SUBNET + subnet] = state.subnet_known[subnet]
    signal[OT_KNOWN] = state.ot_known


@rule
def access(state, host):
    """The attacker's highest access to a host: 0 none, 1 user, 2 root or SYSTEM."""
    if state.sessions[host, ROOT] > 0:
        return 2
    return 1 if state.sessions[host, REMOVABLE] + state.sessions[host, OTHER] > 0 else 0
