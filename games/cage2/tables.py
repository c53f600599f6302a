"""The network of CAGE Challenge 2 as data: hosts, ports, exploits, decoys, and TABLE made from them.

Everything here can be held beside the original's Scenario 2: a host's row says what it runs, an
exploit's row what it needs, a decoy's row what it pretends to be. The order of hosts is that of the
original's 52-bit vector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gamesolve.rules import record

SUBNETS = ("User", "Enterprise", "Operational")
USER, ENTERPRISE, OPERATIONAL = range(3)
LINUX, WINDOWS = "Linux", "Windows"

#: Ports that anything on the network listens on, in the order of the bits of a port mask.
PORTS = (21, 22, 25, 80, 443, 139, 3389, 3390, 135, 445, 53, 68)


@dataclass(frozen=True)
class Host:
    """A host.

    Attributes:
        listening: port masks are made of these.
        gives: exploit to what it yields where its process is genuine: `user`, `root` (SYSTEM on
            Windows), or `alarm` (it fails, but is seen).
        value: cost in tenths, each step, of an attacker with root or SYSTEM there.
        link: the host whose address a successful escalation reveals.
    """

    name: str
    subnet: int
    system: str
    listening: tuple[int, ...]
    gives: dict[str, str]
    value: int
    link: str = ""


#: A Linux machine that runs an SSH server and nothing else.
SSH_ONLY = {"SSHBruteForce": "user"}
#: Tomcat on 80 and 443, remote desktop, SSH; its file shares have no process type, so EternalBlue finds nothing.
ENTERPRISE_WINDOWS = {"HTTPSRFI": "user", "HTTPRFI": "user", "BlueKeep": "root", "SSHBruteForce": "user"}
WINDOWS_PORTS = (22, 135, 3389, 139, 445, 80, 443)
FTP_SERVER = {"FTPDirectoryTraversal": "root", "SSHBruteForce": "user"}

HOSTS = (
    Host("Defender", ENTERPRISE, LINUX, (22, 53, 68), {"SSHBruteForce": "alarm"}, 1),
    Host("Enterprise0", ENTERPRISE, LINUX, (22,), SSH_ONLY, 10),
    Host("Enterprise1", ENTERPRISE, WINDOWS, WINDOWS_PORTS, ENTERPRISE_WINDOWS, 10),
    Host("Enterprise2", ENTERPRISE, WINDOWS, WINDOWS_PORTS, ENTERPRISE_WINDOWS, 10, link="Op_Server0"),
    Host("Op_Host0", OPERATIONAL, LINUX, (22,), SSH_ONLY, 1),
    Host("Op_Host1", OPERATIONAL, LINUX, (22,), SSH_ONLY, 1),
    Host("Op_Host2", OPERATIONAL, LINUX, (22,), SSH_ONLY, 1),
    Host("Op_Server0", OPERATIONAL, LINUX, (22,), SSH_ONLY, 10),
    Host("User0", USER, WINDOWS, (22, 21), FTP_SERVER, 0),
    Host("User1", USER, WINDOWS, (22, 21), FTP_SERVER, 1, link="Enterprise1"),
    Host("User2", USER, WINDOWS, (139, 445, 135, 3389), {"EternalBlue": "root", "BlueKeep": "user"}, 1, link="Enterprise1"),
    Host("User3", USER, LINUX, (80, 443, 3389, 25), {"HarakaRCE": "root", "HTTPSRFI": "user", "HTTPRFI": "user"}, 1, link="Enterprise0"),
    Host(
        "User4",
        USER,
        LINUX,
        (22, 80, 443, 3390, 25),
        {"HarakaRCE": "root", "SQLInjection": "root", "HTTPSRFI": "user", "HTTPRFI": "user", "SSHBruteForce": "user"},
        1,
        link="Enterprise0",
    ),
)
NAMES = tuple(host.name for host in HOSTS)
DEFENDER_HOST, ENTERPRISE0, ENTERPRISE1, ENTERPRISE2 = 0, 1, 2, 3
OP_SERVER, USER0, USER3 = 7, 8, 11
#: Hosts that ordinary users scan, in the green agent's draw.
GREEN_HOSTS = (8, 9, 10, 11, 12, 1, 2, 3)
OT_VALUE, RESTORE_COST = 100, 10


@dataclass(frozen=True)
class Exploit:
    """A concrete exploit: the port it attacks, further ports of which one must listen, and its rank in the choice."""

    name: str
    port: int
    weight: float
    either: tuple[int, ...] = ()


#: In the order of the recorded data; index 0 means none.
EXPLOITS = (
    Exploit("EternalBlue", 139, 2.0),
    Exploit("BlueKeep", 3389, 1.0),
    Exploit("HTTPRFI", 80, 3.0),
    Exploit("HTTPSRFI", 443, 4.0),
    Exploit("SSHBruteForce", 22, 0.1),
    Exploit("SQLInjection", 3390, 5.0, either=(80, 443)),
    Exploit("HarakaRCE", 25, 6.0),
    Exploit("FTPDirectoryTraversal", 21, 7.0),
)
EXPLOIT_NAMES = ("none", *(exploit.name for exploit in EXPLOITS))
SSH_EXPLOIT = EXPLOIT_NAMES.index("SSHBruteForce")


@dataclass(frozen=True)
class Decoy:
    """A decoy: the port that must be free, the systems it runs on, and the port that it opens (the same but for a defect)."""

    name: str
    free: int
    systems: tuple[str, ...] = (LINUX, WINDOWS)
    opens: int = 0


#: In the order of the defender's actions.
DECOYS = (
    Decoy("DecoyApache", 80),
    Decoy("DecoyFemitter", 21, (WINDOWS,)),
    Decoy("DecoyHarakaSMPT", 25, (LINUX,)),
    Decoy("DecoySmss", 139, (WINDOWS,)),
    Decoy("DecoySSHD", 22),
    Decoy("DecoySvchost", 3389, (WINDOWS,)),
    Decoy("DecoyTomcat", 443),
    Decoy("DecoyVsftpd", 21, (LINUX,), opens=80),
)
APACHE, FEMITTER, HARAKA, SMSS, SSHD, SVCHOST, TOMCAT, VSFTPD = range(8)

#: What an exploit of a genuine process yields.
NOTHING, ALARM, USER_LEVEL, ROOT_LEVEL = range(4)
YIELDS = {"alarm": ALARM, "user": USER_LEVEL, "root": ROOT_LEVEL}

H, X, D = len(HOSTS), 1 + len(EXPLOITS), len(DECOYS)
TABLE = record(
    ports=("i2", H),  # genuine, as masks
    gives=("i1", (H, X)),
    value=("i4", H),
    subnet=("i1", H),
    link=("i1", H),  # -1: none
    exploit_port=("i2", X),  # masks of one port
    exploit_either=("i2", X),  # masks of which one port must listen; 0: none needed
    weight=("f8", X),
    decoy_free=("i2", D),
    decoy_opens=("i2", D),
    decoy_runs=("i1", (H, D)),
    green_hosts=("i1", len(GREEN_HOSTS)),
    green="i1",
    zero_sum="i1",
    own_past="i1",
    forcing="i1",
    ot_pid="i1",
    remove_evicts_ssh="i1",
)


@dataclass(frozen=True)
class Repairs:
    """Defects of the original that are repaired (see the package's docstring)."""

    ot_pid: bool = False
    mysql_port: bool = False
    smss_type: bool = False
    vsftpd_port: bool = False
    remove_evicts_ssh: bool = False


def network(repairs: Repairs) -> tuple[tuple[Host, ...], tuple[Decoy, ...]]:
    """Hosts and decoys with some of the defects repaired."""
    hosts, decoys = list(HOSTS), list(DECOYS)
    if repairs.mysql_port:
        user3 = hosts[USER3]
        hosts[USER3] = replace(user3, listening=(80, 443, 3390, 25), gives={**user3.gives, "SQLInjection": "root"})
    if repairs.smss_type:
        for h in (ENTERPRISE1, ENTERPRISE2):
            hosts[h] = replace(hosts[h], gives={**hosts[h].gives, "EternalBlue": "root"})
    if repairs.vsftpd_port:
        decoys[VSFTPD] = replace(decoys[VSFTPD], opens=0)
    return tuple(hosts), tuple(decoys)


def mask_of(ports: tuple[int, ...]) -> int:
    """The bits of some ports."""
    return sum(1 << PORTS.index(port) for port in ports)


def make_table(hosts: tuple[Host, ...], decoys: tuple[Decoy, ...], **switches: bool) -> np.ndarray:
    """TABLE [1] of a network; `switches` stand in TABLE under their names."""
    table = np.zeros(1, TABLE)
    row = table[0]
    for switch, value in switches.items():
        row[switch] = value
    for h, host in enumerate(hosts):
        row["ports"][h] = mask_of(host.listening)
        row["value"][h], row["subnet"][h] = host.value, host.subnet
        row["link"][h] = NAMES.index(host.link) if host.link else -1
        for name, level in host.gives.items():
            row["gives"][h, EXPLOIT_NAMES.index(name)] = YIELDS[level]
        for d, decoy in enumerate(decoys):
            row["decoy_runs"][h, d] = host.system in decoy.systems
    for x, exploit in enumerate(EXPLOITS, 1):
        row["exploit_port"][x], row["exploit_either"][x] = mask_of((exploit.port,)), mask_of(exploit.either)
        row["weight"][x] = exploit.weight
    for d, decoy in enumerate(decoys):
        row["decoy_free"][d], row["decoy_opens"][d] = mask_of((decoy.free,)), mask_of((decoy.opens or decoy.free,))
    row["green_hosts"] = GREEN_HOSTS
    return table
