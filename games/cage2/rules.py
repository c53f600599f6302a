"""STATE, and what the two roles do to it: reset, legal, step.

Within a step the defender acts first, then the ordinary users (Green), then the attacker, all having
chosen from the previous step's observation.
"""

from __future__ import annotations

from gamesolve.games.cage2.tables import (
    ALARM,
    DECOYS,
    ENTERPRISE0,
    ENTERPRISE2,
    EXPLOITS,
    NAMES,
    NOTHING,
    OP_SERVER,
    OPERATIONAL,
    OT_VALUE,
    RESTORE_COST,
    ROOT_LEVEL,
    SSH_EXPLOIT,
    SUBNETS,
    USER,
    USER0,
)
from gamesolve.rules import ATTACKER, DEFENDER, flip, integer, pick, record, rule

H, D, X = len(NAMES), len(DECOYS), 1 + len(EXPLOITS)

#: The kinds of an attacker's sessions on a host: as root or SYSTEM; as a user with a process that the defender has noticed
#: and can remove; as a user otherwise.
ROOT, REMOVABLE, OTHER = range(3)
NEVER_SCANNED = -1

#: Success of an action, as the recorded data write it.
FAILURE, SUCCESS, NEITHER = range(3)
#: What the attacker's action lets be seen on its target.
UNSEEN, SCANNED, BRUTE_FORCE, CONNECTED = range(4)
DETECTED = 0.95

STATE = record(
    sessions=("i2", (H, 3)),
    malware=("i1", H),  # a file that Analyse finds
    decoys=("i2", H),  # bits, by kind
    stored=("i2", H),  # ports that the attacker's last scan found, or NEVER_SCANNED
    address_known=("i1", H),
    name_known=("i1", H),
    subnet_known=("i1", len(SUBNETS)),
    ot_known="i1",
    ot_running="i1",
    ot_pid="i1",  # whether Impact still finds the service's process
    transient={
        "defender_success": "i1",
        "attacker_success": "i1",
        "deployed": "i1",  # 1 + host of a successful deployment
        "analysed": "i1",  # 1 + host on which Analyse has found malware
        "green": "i1",  # 1 + host scanned by Green ...
        "green_ports": "i2",  # ... and what it found
        "target": "i1",  # 1 + host of the attacker's action
        "exploit": "i1",  # concrete exploit, 0 none
        "seen": "i1",  # what shows on the target
        "seen_ports": "i2",
        "decoyed": "i1",  # the exploit landed on a decoy
        "shell": "i1",  # a reverse shell was noticed
        "odds": ("f8", X),  # room for the draw of an exploit
    },
)

# The defender's actions: sleep, monitor, then 13 hosts each of:
SLEEP, MONITOR = 0, 1
ANALYSE, REMOVE, DECOY, RESTORE = 0, 1, 2, 2 + D
DEFENDER_ACTIONS = 2 + H * (RESTORE + 1)

# The attacker's actions: sleep, then by target.
DISCOVER_SYSTEMS = 1
DISCOVER_SERVICES = DISCOVER_SYSTEMS + len(SUBNETS)
EXPLOIT = DISCOVER_SERVICES + H
ESCALATE = EXPLOIT + H
IMPACT = ESCALATE + H
FORCED = IMPACT + 1  # exploits with a concrete one forced, host by host


@rule
def on_host(kind, host):
    """The defender's action of a kind (ANALYSE, REMOVE, DECOY + decoy, RESTORE) on a host."""
    return 2 + H * kind + host


@rule
def reset(table, state, memory, chance):
    """The attacker stands on User0 as SYSTEM, and knows that host and its subnet."""
    for host in range(H):
        state.stored[host] = NEVER_SCANNED
    state.sessions[USER0, ROOT] = 1
    state.address_known[USER0] = 1
    state.name_known[USER0] = 1
    state.subnet_known[USER] = 1
    state.ot_running = 1
    state.ot_pid = 1
    state.attacker_success = NEITHER
    state.defender_success = NEITHER


@rule
def legal(table, state, agent, mask):
    """The defender may do anything; the attacker whatever it knows the target of."""
    if agent == DEFENDER:
        for action in range(DEFENDER_ACTIONS):
            mask[action] = True
        return
    mask[SLEEP] = True
    for subnet in range(len(SUBNETS)):
        mask[DISCOVER_SYSTEMS + subnet] = state.subnet_known[subnet]
    for host in range(H):
        mask[DISCOVER_SERVICES + host] = state.address_known[host]
        mask[EXPLOIT + host] = state.address_known[host]
        mask[ESCALATE + host] = state.name_known[host]
    mask[IMPACT] = state.name_known[OP_SERVER]
    if table.forcing:
        for host in range(H):
            for exploit in range(1, X):
                mask[force(exploit, host)] = state.stored[host] > 0 and possible(table, state.stored[host], exploit)


@rule
def force(exploit, host):
    """The attacker's action that forces a concrete exploit (1 to 8) of a host."""
    return FORCED + H * (exploit - 1) + host


@rule
def step(table, state, actions, chance, reward):
    """Defender, Green, attacker; then the state is paid for."""
    restores = act_defender(table, state, actions[DEFENDER])
    act_green(table, state, chance)
    act_attacker(table, state, actions[ATTACKER], chance)
    loss = damage(table, state)
    reward[DEFENDER] = -0.1 * (loss + RESTORE_COST * restores)
    reward[ATTACKER] = -reward[DEFENDER] if table.zero_sum else 0.1 * loss
    return False


@rule
def damage(table, state):
    """What the attacker's presence costs in this step, in tenths."""
    loss = 0 if state.ot_running else OT_VALUE
    for host in range(H):
        loss += table.value[host] if state.sessions[host, ROOT] > 0 else 0
    return loss


# --- the defender ---------------------------------------------------------------------------------


@rule
def act_defender(table, state, action):
    """The defender's action; True for Restore, which costs."""
    state.defender_success = SUCCESS if action >= MONITOR else NEITHER
    if action <= MONITOR:
        return False
    kind, host = (action - 2) // H, (action - 2) % H
    if kind == ANALYSE:
        state.analysed = 1 + host if state.malware[host] else 0
    elif kind == REMOVE:
        state.sessions[host, REMOVABLE] = 0
    elif kind == RESTORE:
        restore(table, state, host)
    else:
        state.defender_success = deploy(table, state, host, kind - DECOY)
    return kind == RESTORE


@rule
def deploy(table, state, host, decoy):
    """Place a decoy where its port is free and the system fits; SUCCESS or FAILURE."""
    if not table.decoy_runs[host, decoy] or listening(table, state, host) & table.decoy_free[decoy]:
        return FAILURE
    state.decoys[host] |= 1 << decoy
    state.deployed = 1 + host
    return SUCCESS


@rule
def restore(table, state, host):
    """Put a host back to its start; the foothold on User0 stays. The attacker forgets nothing."""
    state.sessions[host, ROOT] = 1 if host == USER0 else 0
    state.sessions[host, REMOVABLE] = 0
    state.sessions[host, OTHER] = 0
    state.malware[host] = 0
    state.decoys[host] = 0
    if host == OP_SERVER:
        state.ot_running = 1
        state.ot_pid = table.ot_pid


@rule
def decoy_ports(table, state, host):
    """Mask of the ports on which decoys listen."""
    ports = 0
    for decoy in range(D):
        if state.decoys[host] >> decoy & 1:
            ports |= table.decoy_opens[decoy]
    return ports


@rule
def listening(table, state, host):
    """Mask of the ports on which a host listens, decoys included."""
    return table.ports[host] | decoy_ports(table, state, host)


# --- ordinary users -------------------------------------------------------------------------------


@rule
def act_green(table, state, chance):
    """Half of the time scan a user or Enterprise host."""
    if table.green and flip(chance, 0.5):
        host = table.green_hosts[integer(chance, table.green_hosts.size)]
        state.green = 1 + host
        state.green_ports = listening(table, state, host)


# --- the attacker ---------------------------------------------------------------------------------


@rule
def act_attacker(table, state, action, chance):
    """The attacker's action."""
    if action == SLEEP:
        state.attacker_success = NEITHER
        return
    forced = 0
    if action >= FORCED:
        forced = 1 + (action - FORCED) // H
        action = EXPLOIT + (action - FORCED) % H
    if action < DISCOVER_SERVICES:
        done = discover_systems(table, state, action - DISCOVER_SYSTEMS)
    elif action < EXPLOIT:
        done = discover_services(table, state, action - DISCOVER_SERVICES)
    elif action < ESCALATE:
        done = exploit(table, state, action - EXPLOIT, forced, chance)
    elif action < IMPACT:
        done = escalate(table, state, action - ESCALATE, chance)
    else:
        done = impact(table, state)
    state.attacker_success = SUCCESS if done else FAILURE


@rule
def routable(state, subnet):
    """Whether the attacker reaches a subnet: the Operational one only with a session on an Enterprise host."""
    if subnet != OPERATIONAL:
        return True
    return any_session(state, ENTERPRISE0, ENTERPRISE2)


@rule
def any_session(state, first, last):
    """Whether the attacker has a session on any of the hosts `first` to `last`."""
    count = 0
    for host in range(first, last + 1):
        count += state.sessions[host, ROOT] + state.sessions[host, REMOVABLE] + state.sessions[host, OTHER]
    return count > 0


@rule
def discover_systems(table, state, subnet):
    """Learn all addresses of a subnet."""
    if not routable(state, subnet):
        return False
    for host in range(H):
        if table.subnet[host] == subnet:
            state.address_known[host] = 1
    return True


@rule
def discover_services(table, state, host):
    """Learn which ports of a host listen. Out of reach it claims success, learns nothing and is not seen."""
    state.target = 1 + host
    if routable(state, table.subnet[host]):
        state.stored[host] = listening(table, state, host)
        state.seen = SCANNED
        state.seen_ports = state.stored[host]
    return True


@rule
def exploit(table, state, host, forced, chance):
    """Draw a concrete exploit from the ports that were stored, and try it on the host as it is now."""
    state.target = 1 + host
    if state.stored[host] == NEVER_SCANNED:
        return False
    state.exploit = choose_exploit(table, state, state.stored[host], forced, chance)
    if state.exploit == 0 or not routable(state, table.subnet[host]):
        return False
    port = table.exploit_port[state.exploit]
    if table.ports[host] & port:
        gives = table.gives[host, state.exploit]
        if gives == NOTHING:
            return False
        state.seen = BRUTE_FORCE if state.exploit == SSH_EXPLOIT else CONNECTED
        state.seen_ports = port
        if gives == ALARM:
            return False
        break_in(table, state, host, gives, chance)
        return True
    if decoy_ports(table, state, host) & port:
        state.seen = BRUTE_FORCE if state.exploit == SSH_EXPLOIT else CONNECTED
        state.seen_ports = port
        state.decoyed = 1
    return False


@rule
def possible(table, stored, exploit):
    """Whether stored ports allow a concrete exploit."""
    either = table.exploit_either[exploit]
    return stored & table.exploit_port[exploit] != 0 and (either == 0 or stored & either != 0)


@rule
def choose_exploit(table, state, stored, forced, chance):
    """A concrete exploit that the stored ports allow: the top-ranked with chance 3/4, else one of the others; 0 if none."""
    if forced > 0 and possible(table, stored, forced):
        return forced
    best, count = 0, 0
    for x in range(1, X):
        if possible(table, stored, x):
            count += 1
            if best == 0 or table.weight[x] > table.weight[best]:
                best = x
    if count <= 1:
        return best
    for x in range(1, X):
        state.odds[x] = 0.25 / (count - 1) if possible(table, stored, x) else 0.0
    state.odds[best] = 0.75
    return pick(chance, state.odds)


@rule
def break_in(table, state, host, gives, chance):
    """A session more on a host, and its name. All but SSH leave a file and a process, which is noticed with chance 0.95."""
    state.name_known[host] = 1
    if state.exploit == SSH_EXPLOIT:
        noticed = table.remove_evicts_ssh != 0
    else:
        state.malware[host] = 1
        noticed = flip(chance, DETECTED)
        state.shell = noticed
    if gives == ROOT_LEVEL:
        state.sessions[host, ROOT] += 1
    elif noticed:
        state.sessions[host, REMOVABLE] += 1
    else:
        state.sessions[host, OTHER] += 1


@rule
def escalate(table, state, host, chance):
    """Make one session, drawn uniformly, root, unless one is; learn the host's subnet and what it is linked to."""
    removable, other = state.sessions[host, REMOVABLE], state.sessions[host, OTHER]
    if state.sessions[host, ROOT] == 0:
        if removable + other == 0:
            return False
        drawn = REMOVABLE if flip(chance, removable / (removable + other)) else OTHER
        state.sessions[host, drawn] -= 1
        state.sessions[host, ROOT] = 1
        state.malware[host] = 1
    state.subnet_known[table.subnet[host]] = 1
    if table.link[host] >= 0:
        state.address_known[table.link[host]] = 1
    if host == OP_SERVER:
        state.ot_known = 1
    return True


@rule
def impact(table, state):
    """Stop the OT service, if its process is found."""
    if not state.ot_known or not any_session(state, OP_SERVER, OP_SERVER):
        return False
    if state.ot_pid:
        state.ot_running = 0
    return True
