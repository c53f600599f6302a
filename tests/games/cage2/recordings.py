"""Recorded episodes of the original CAGE Challenge 2 as recordings that `check_replay` reads.

The files are described in `README.md` beside them. Decoded here: packed bits, tenths, the attacker's (class, target).
"""

from pathlib import Path

import numpy as np

from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.tables import NAMES
from gamesolve.views.check_replay import Recording

H = len(NAMES)
SAMPLE = Path(__file__).parent / "recorded"
#: The attacker's first action of each recorded class; 6 is a refused one, which does nothing.
CLASSES = np.array([rules.SLEEP, rules.DISCOVER_SYSTEMS, rules.DISCOVER_SERVICES, rules.EXPLOIT, rules.ESCALATE, rules.IMPACT, rules.SLEEP])
#: The 52-bit vector's pairs of bits for our values: activity none, scan, exploit; compromised no, unknown, user, privileged.
ACTIVITY_BITS = np.array([[0, 0], [1, 0], [1, 1]])
MARK_BITS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


def attacker_actions(recorded):
    """i4 [...]: our action numbers of recorded (class, target, ...)."""
    kind, target = recorded[..., 0].astype(int), recorded[..., 1].astype(int)
    by_target = (kind >= 1) & (kind <= 4)
    return CLASSES[kind] + np.where(by_target, target, 0)


def bits(point):
    """The original's vector of 52 bits at a point of play."""
    row = point["signals"][0, 0]
    return np.concatenate([ACTIVITY_BITS[row[:H]], MARK_BITS[row[H : 2 * H]]], axis=1).ravel()


def levels(point):
    """Highest access by host."""
    sessions = point["state"]["sessions"][0]
    return np.where(sessions[:, 0] > 0, 2, (sessions.sum(axis=1) > 0).astype(int))


def mask(flags):
    """Flags as the bits of a number."""
    return (flags.astype(int) << np.arange(len(flags))).sum()


def field(name):
    """A reader of one field of STATE."""
    return lambda point: point["state"][name][0]


READERS = {
    "bits": bits,
    "reward": lambda point: point["reward"][0, 0],
    "defender success": field("defender_success"),
    "attacker success": field("attacker_success"),
    "exploit": field("exploit"),
    "access": levels,
    "sessions": lambda point: point["state"]["sessions"][0].sum(axis=1),
    "sessions by kind": field("sessions"),
    "ot running": field("ot_running"),
    "green host": lambda point: point["state"]["green"][0] - 1,
    "stored ports": field("stored"),
    "known addresses": lambda point: mask(point["state"]["address_known"][0]),
    "known names": lambda point: mask(point["state"]["name_known"][0]),
    "known subnets": lambda point: mask(point["state"]["subnet_known"][0]),
    "malware": lambda point: mask(point["state"]["malware"][0]),
}


def recordings(path):
    """Every episode of a file, hidden state included where the file has it."""
    arrays = dict(np.load(path))
    deep = "sessions_root_removable_other" in arrays
    vectors = np.unpackbits(arrays["obs_bits"], axis=-1)[..., :52]
    for k in range(len(vectors)):
        one = {name: array[k] for name, array in arrays.items()}
        expected = hidden(one) if deep else visible(one)
        start = {} if deep else {"bits": vectors[k][0], "access": one["red_access"][0], "sessions": one["red_sessions"][0]}
        expected |= {
            "bits": vectors[k] if deep else vectors[k][1:],
            "reward": one["reward"] / 10.0,
            "defender success": one["blue_success"],
            "attacker success": attacker_success(one["red_action"]),
            "exploit": one["red_action"][:, 2],
        }
        actions = np.stack([one["blue_action"], attacker_actions(one["red_action"])], axis=1)
        yield Recording(actions, expected, READERS, start, name=f"episode {k} of {Path(path).stem}")


def attacker_success(recorded):
    """Successes; asleep or refused it has neither succeeded nor failed."""
    return np.where(np.isin(recorded[:, 0], (0, 6)), rules.NEITHER, recorded[:, 3])


def visible(one):
    """What the large files hold of the state."""
    return {"access": one["red_access"][1:], "sessions": one["red_sessions"][1:], "ot running": one["ot_up"][1:]}


def hidden(one):
    """What the files of hidden state hold."""
    return {
        "sessions by kind": one["sessions_root_removable_other"],
        "stored ports": one["stored_ports"],
        "known addresses": one["known_ip"],
        "known names": one["known_name"],
        "known subnets": one["known_subnet"],
        "malware": one["malware"],
        "ot running": one["ot_up"],
        "green host": one["green_scan_host"],
    }
