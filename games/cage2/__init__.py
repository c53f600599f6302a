"""CAGE Challenge 2: thirteen hosts, a defender with decoys, an attacker on the way to the operational server.

**Rules** (the simulator at its last commit, as published; what follows is held to 1,315 recorded
episodes of it). Thirteen hosts lie in three subnets. The attacker has a foothold on User0 that nobody
can remove and acts from there: it finds addresses, scans ports, exploits what it has scanned, makes
itself root and, on Op_Server0, stops the OT service. The Operational subnet is open only while it has
a session on an Enterprise host. In each step the defender acts first, then ordinary users (Green, off
by default), then the attacker, all having chosen from the previous step's observation. The defender
pays, each step, a host's value where the attacker is root or SYSTEM, 10 while the OT service is down,
and 1 for each Restore. Zero-sum by default; with `zero_sum=false` the attacker does not get the cost
of Restore. An episode ends at the horizon only.

The tables of hosts, exploits and decoys are `tables.py`; what each action does is `rules.py`, one
short function an action; what is seen is `observing.py`.

**Signals.** The original's attacker has no usable observation (its rows change place in every episode),
and published attackers each chose their own. Here it sees what it knows, in a fixed row for each host;
every learned attacker depends on that choice.

| agent | signal | values | meaning |
|---|---|---|---|
| defender | activity, 13 hosts | none, scan, exploit | the original's first two bits: connections in this step |
| defender | compromised, 13 hosts | no, unknown, user, privileged | its other two bits: the wrapper's running guess |
| defender | scanned, 13 hosts | never, earlier, last | own past: hosts that showed a scan, and which did last |
| defender | decoy, 8 kinds on each of 13 hosts | 0, 1 | own past: decoys that stand |
| attacker | result | failure, success, none | of its last action |
| attacker | address, name, 13 hosts each | 0, 1 | known |
| attacker | access, 13 hosts | none, user, root | its best session there |
| attacker | scanned, 13 hosts | 0, 1 | it holds a list of the host's ports ... |
| attacker | open, 8 ports on each of 13 hosts | 0, 1 | ... with these of the ports that an exploit can use |
| attacker | subnet, 3; ot | 0, 1 | known subnets; the OT service is known |

The two of the defender's own past, and all of the attacker's but result, access and open, are declared summaries.
`own_past=false` leaves the defender the 52 bits alone, as published agents had them.

**Actions.** The defender's 145 are the original's, in its order. The attacker sleeps, or acts on a
subnet or host whose address (scan, exploit) or name (escalate, Impact) it knows; the concrete exploit
is drawn from the ports of its last scan, unless `forced_exploits=true` lets it choose.

**Defects of the original**, all kept by `preset="original"`. The first five have a switch, and
`preset="debugged"` repairs these five (it is not CybORG++'s debugged copy).

| switch | defect | against B_line | against Meander |
|---|---|---|---|
| `ot_pid` | after any Restore of Op_Server0 Impact claims success and never stops the service again | -235.2 ± 1.3 | -152.8 ± 1.2 |
| `mysql_port` | User3's database listens on 3389: BlueKeep is tried and fails, SQL injection is not | -0.3 ± 1.6 | -1.2 ± 1.3 |
| `smss_type` | the file shares of Enterprise1 and 2 have no type: EternalBlue is tried and finds nothing | -15.0 ± 1.6 | -8.0 ± 1.3 |
| `vsftpd_port` | the Vsftpd decoy needs port 21 free and opens 80: a second Apache, of no use on User3 and 4 | +2.8 ± 1.6 | +3.4 ± 1.3 |
| `remove_evicts_ssh` | Remove never ends a session that came by SSH | +0.6 ± 1.6 | +0.9 ± 1.3 |
| - | Remove and Monitor always report success | | |
| - | only sessions named root or SYSTEM cost anything | | |
| - | the wrapper tests for a scan first: with Green on the same host an exploit looks like a scan | | |
| - | ports of decoys that a Restore removed stay on the attacker's list, and are tried in vain | | |
| - | the list of ports survives when a scan finds the host out of reach, and that scan claims success | | |
| - | Analyse finds files that Remove has left; a session by SSH leaves none | | |

The figures are what the repair adds to the mean total of a random defender over 100 steps, ± one standard error;
`python -m gamesolve.analyses.cage2_defects` prints them.

**Known values** (recorded episodes of the original, defender's mean total over 30, 50 and 100 steps):
asleep against B_line -218.21, -480.21, -1135.21, against Meander -39.05, -263.66, -963.77; `vec_restore`
against B_line -15.21, -28.25, -65.43, against Meander -11.49, -23.16, -57.23.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.attackers import ATTACKERS
from gamesolve.games.cage2.defenders import DEFENDERS
from gamesolve.games.cage2.drawing import draw, picture
from gamesolve.games.cage2.observing import MEMORY, P, observe
from gamesolve.games.cage2.tables import DECOYS, EXPLOIT_NAMES, EXPLOITS, NAMES, SUBNETS, Repairs, make_table, network
from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Signal

SOURCE = "cage-challenge/cage-challenge-2 at 26ce1c1 (CybORG v2.1, Scenario 2)"
#: Most that the defender can lose in one step: everything root, the OT service down, and a Restore.
WORST_STEP = 15.7


class Cage2Parameters(Parameters):
    """Parameters of CAGE Challenge 2."""

    horizon: int = Field(100, ge=1, le=100_000, description="steps; 30, 50 and 100 are usual")
    preset: Literal["original", "debugged"] = Field("original", description="whether the five repairable defects are kept or all repaired")
    green: bool = Field(False, description="ordinary users scan hosts, which looks like an attacker's scan")
    own_past: bool = Field(True, description="the defender also sees what follows from its own past: earlier scans, its decoys")
    forced_exploits: bool = Field(False, description="the attacker may force a concrete exploit")
    zero_sum: bool = Field(True, description="the attacker gains what the defender loses; if not, all but the cost of Restore")
    ot_pid: bool = Field(False, description="repaired: Impact works again after a Restore of Op_Server0")
    mysql_port: bool = Field(False, description="repaired: User3's database listens on 3390")
    smss_type: bool = Field(False, description="repaired: EternalBlue works on Enterprise1 and Enterprise2")
    vsftpd_port: bool = Field(False, description="repaired: the Vsftpd decoy listens on 21")
    remove_evicts_ssh: bool = Field(False, description="repaired: Remove also ends SSH sessions of users")

    @property
    def repairs(self) -> Repairs:
        """The defects that are repaired."""
        every = self.preset == "debugged"
        return Repairs(*(every or getattr(self, name) for name in Repairs.__annotations__))


def build(parameters: Cage2Parameters) -> Game:
    """The game."""
    p, repairs = parameters, parameters.repairs
    table = make_table(
        *network(repairs),
        green=p.green,
        zero_sum=p.zero_sum,
        own_past=p.own_past,
        forcing=p.forced_exploits,
        ot_pid=repairs.ot_pid,
        remove_evicts_ssh=repairs.remove_evicts_ssh,
    )
    worst = WORST_STEP * p.horizon
    actions = defender_actions(), attacker_actions(forcing=p.forced_exploits)
    return Game(
        name="cage2",
        version=1,
        parameters=p,
        agents=(
            Agent("defender", "defender", actions[0], defender_signals(own_past=p.own_past)),
            Agent("attacker", "attacker", actions[1], attacker_signals()),
        ),
        rules=Rules(rules.reset, rules.legal, rules.step, observe),
        state=rules.STATE,
        memory=MEMORY,
        table=table,
        horizon=p.horizon,
        utility_bounds=((-worst, 0.0), (0.0, worst)),
        zero_sum=p.zero_sum,
        questions=4,
        outcomes=1 + len(EXPLOITS),
        policies=(*ATTACKERS, *DEFENDERS),
        drawing=draw(actions),
        picture=picture,
    )


def defender_actions() -> tuple[str, ...]:
    """The original's 145 actions, in its order."""
    kinds = ("Analyse", "Remove", *(decoy.name for decoy in DECOYS), "Restore")
    return ("Sleep", "Monitor", *(f"{kind} {host}" for kind in kinds for host in NAMES))


def attacker_actions(*, forcing: bool) -> tuple[str, ...]:
    """Sleep, then every class of action by target; forced exploits last."""
    classes = (
        ("DiscoverSystems", SUBNETS),
        ("DiscoverServices", NAMES),
        ("Exploit", NAMES),
        ("Escalate", NAMES),
        ("Impact", ("Op_Server0",)),
    )
    plain = ("Sleep", *(f"{kind} {target}" for kind, targets in classes for target in targets))
    return (*plain, *(f"{exploit} {host}" for exploit in EXPLOIT_NAMES[1:] for host in NAMES)) if forcing else plain


def defender_signals(*, own_past: bool) -> tuple[Signal, ...]:
    """What the defender sees."""
    seen = (
        Signal("activity", 3, len(NAMES), labels=("none", "scan", "exploit")),
        Signal("compromised", 4, len(NAMES), labels=("no", "unknown", "user", "privileged")),
    )
    past = (
        Signal("scanned", 3, len(NAMES), labels=("never", "earlier", "last"), summary=True),
        Signal("decoy", 2, len(DECOYS) * len(NAMES), ordinal=True, summary=True),
    )
    return (*seen, *past) if own_past else seen


def attacker_signals() -> tuple[Signal, ...]:
    """What the attacker sees. Much of it follows from its own actions, the results of them and the lists of ports."""
    return (
        Signal("result", 3, labels=("failure", "success", "none")),
        Signal("address", 2, len(NAMES), ordinal=True, summary=True),
        Signal("name", 2, len(NAMES), ordinal=True, summary=True),
        Signal("access", 3, len(NAMES), labels=("none", "user", "root")),
        Signal("scanned", 2, len(NAMES), ordinal=True, summary=True),
        Signal("open", 2, P * len(NAMES), ordinal=True),
        Signal("subnet", 2, len(SUBNETS), ordinal=True, summary=True),
        Signal("ot", 2, ordinal=True, summary=True),
    )


GAME = GameType("cage2", Cage2Parameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
