"""What the original does, defect by defect, and what the repairs change."""

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.tables import DECOYS, EXPLOIT_NAMES, NAMES
from gamesolve.views.check_replay import outcomes
from gamesolve.views.position import Board

H = len(NAMES)


class Table:
    """A game in progress, one joint action at a time; where chance decides, `where` picks the outcome."""

    def __init__(self, **parameters):
        self.game = load_game("cage2", horizon=1000, **parameters)
        self.board = Board(self.game)
        (self.point,) = outcomes(self.board, self.board.before(), np.full(2, -1, np.int32))

    def play(self, defender="Sleep", attacker="Sleep", where=lambda state: True):
        names = [agent.actions for agent in self.game.agents]
        actions = np.array([names[0].index(defender), names[1].index(attacker)], np.int32)
        assert self.point["masks"][0, 1, actions[1]], f"{attacker} is not legal"
        self.point = next(after for after in outcomes(self.board, self.point, actions) if where(after["state"][0]))
        return self.state

    @property
    def state(self):
        return self.point["state"][0]

    def take(self, host):
        """Scan, exploit and escalate a host whose address is known."""
        self.play(attacker=f"DiscoverServices {host}")
        self.play(attacker=f"Exploit {host}", where=lambda s: s["attacker_success"] == rules.SUCCESS)
        return self.play(attacker=f"Escalate {host}")

    def reach_server(self):
        """Root on Op_Server0, by User1, Enterprise1 and Enterprise2."""
        self.play(attacker="DiscoverSystems User")
        self.take("User1")
        self.take("Enterprise1")
        self.play(attacker="DiscoverSystems Enterprise")
        self.take("Enterprise2")
        return self.take("Op_Server0")


def named(exploit):
    return EXPLOIT_NAMES.index(exploit)


def test_the_defender_has_the_original_s_145_actions_in_its_order():
    actions = load_game("cage2").agents[0].actions
    assert len(actions) == 145
    assert actions[:3] == ("Sleep", "Monitor", "Analyse Defender")
    assert [actions[k] for k in (15, 28, 41, 54, 67, 80, 93, 106, 119, 132, 144)] == [
        f"{kind} {host}"
        for kind, host in (
            *(("Remove", "Defender"), ("DecoyApache", "Defender"), ("DecoyFemitter", "Defender"), ("DecoyHarakaSMPT", "Defender")),
            *(("DecoySmss", "Defender"), ("DecoySSHD", "Defender"), ("DecoySvchost", "Defender"), ("DecoyTomcat", "Defender")),
            *(("DecoyVsftpd", "Defender"), ("Restore", "Defender"), ("Restore", "User4")),
        )
    ]


SSH_ONLY, ENTERPRISE, FTP = {"Apache", "HarakaSMPT", "Tomcat", "Vsftpd"}, {"Femitter"}, {"Apache", "Smss", "Svchost", "Tomcat"}
PLACEABLE = {
    **dict.fromkeys(("Defender", "Enterprise0", "Op_Host0", "Op_Host1", "Op_Host2", "Op_Server0"), SSH_ONLY),
    "Enterprise1": ENTERPRISE,
    "Enterprise2": ENTERPRISE,
    "User0": FTP,
    "User1": FTP,
    "User2": {"Apache", "Femitter", "SSHD", "Tomcat"},
    "User3": {"SSHD", "Vsftpd"},
    "User4": {"Vsftpd"},
}


@pytest.mark.parametrize("host", NAMES)
def test_decoys_fit_where_they_fit_in_the_original(host):
    table = Table()
    start = table.point
    fits = set()
    for decoy in DECOYS:
        table.point = start
        if table.play(f"{decoy.name} {host}")["defender_success"] == rules.SUCCESS:
            fits.add(decoy.name.removeprefix("Decoy"))
    assert fits == PLACEABLE[host]


def test_a_second_web_server_fits_only_by_the_vsftpd_defect():
    table = Table()
    assert table.play("DecoyVsftpd Enterprise0")["defender_success"] == rules.SUCCESS
    assert table.play("DecoyApache Enterprise0")["defender_success"] == rules.FAILURE
    assert table.play("DecoyVsftpd Enterprise0")["defender_success"] == rules.SUCCESS
    repaired = Table(vsftpd_port=True)
    repaired.play("DecoyVsftpd Enterprise0")
    assert repaired.play("DecoyApache Enterprise0")["defender_success"] == rules.SUCCESS
    assert repaired.play("DecoyVsftpd Enterprise0")["defender_success"] == rules.FAILURE


@pytest.mark.parametrize("repaired", [False, True])
def test_impact_after_a_restore_of_the_server_works_only_once_repaired(repaired):
    table = Table(ot_pid=repaired)
    table.reach_server()
    assert not table.play(attacker="Impact Op_Server0")["ot_running"]
    assert table.play("Restore Op_Server0")["ot_running"]
    table.play(attacker="Exploit Op_Server0")
    state = table.play(attacker="Impact Op_Server0")
    assert state["attacker_success"] == rules.SUCCESS
    assert state["ot_running"] == (not repaired)


def test_remove_ends_noticed_user_sessions_but_none_by_ssh_unless_repaired():
    for repaired in (False, True):
        table = Table(remove_evicts_ssh=repaired)
        table.play(attacker="DiscoverSystems User")
        table.play(attacker="DiscoverServices User4")
        for exploit in ("HTTPRFI", "SSHBruteForce"):
            table.play(attacker="Exploit User4", where=lambda s, e=exploit: s["exploit"] == named(e) and s["shell"] == (e == "HTTPRFI"))
        assert table.state["sessions"][NAMES.index("User4")].sum() == 2
        assert table.play("Remove User4")["sessions"][NAMES.index("User4")].sum() == (0 if repaired else 1)


def test_the_operational_subnet_is_cut_off_without_a_session_on_an_enterprise_host():
    table = Table()
    table.reach_server()
    table.play("Restore Enterprise1")
    state = table.play("Restore Enterprise2", "DiscoverSystems Operational")
    assert state["attacker_success"] == rules.FAILURE
    stored = state["stored"][7]
    state = table.play(attacker="DiscoverServices Op_Server0")
    assert state["attacker_success"] == rules.SUCCESS
    assert state["seen"] == rules.UNSEEN
    assert state["stored"][7] == stored


def test_the_server_is_the_defender_s_to_pay_for():
    table = Table()
    table.reach_server()
    table.play(attacker="Impact Op_Server0")
    # User1 0.1, three hosts of value 1, the service 10; a Restore of a host that holds nothing costs 1 more.
    assert table.point["reward"][0].tolist() == pytest.approx([-13.1, 13.1])
    table.play("Restore Op_Host0")
    assert table.point["reward"][0].tolist() == pytest.approx([-14.1, 14.1])
    selfish = Table(zero_sum=False)
    selfish.play("Restore Op_Host0")
    assert selfish.point["reward"][0].tolist() == pytest.approx([-1.0, 0.0])


def test_forced_exploits_are_taken_where_their_port_is_open():
    table = Table(forced_exploits=True)
    table.play(attacker="DiscoverSystems User")
    actions = table.game.agents[1].actions
    forced = {name for name in actions if name.endswith(" User4") and name.split()[0] not in ("DiscoverServices", "Exploit", "Escalate")}
    assert not any(table.point["masks"][0, 1, actions.index(name)] for name in forced)
    table.play(attacker="DiscoverServices User4")
    legal = {name for name in forced if table.point["masks"][0, 1, actions.index(name)]}
    assert legal == {f"{exploit} User4" for exploit in ("SSHBruteForce", "HTTPRFI", "HTTPSRFI", "SQLInjection", "HarakaRCE")}
    assert table.play(attacker="SQLInjection User4")["exploit"] == named("SQLInjection")


def test_green_scans_look_like_an_attacker_s():
    table = Table(green=True)
    state = table.play(where=lambda s: s["green"] == 1 + NAMES.index("User2"))
    assert state["green"]
    assert table.point["signals"][0, 0, :H].tolist() == [0] * 10 + [1, 0, 0]


def test_a_repaired_database_is_open_to_sql_injection():
    for repaired, exploits in ((False, {"BlueKeep"}), (True, {"SQLInjection"})):
        table = Table(mysql_port=repaired)
        table.play(attacker="DiscoverSystems User")
        table.play(attacker="DiscoverServices User3")
        for exploit in exploits:
            state = table.play(attacker="Exploit User3", where=lambda s, e=exploit: s["exploit"] == named(e))
            assert state["attacker_success"] == (rules.SUCCESS if repaired else rules.FAILURE)


@pytest.mark.parametrize(("repaired", "level"), [(False, 0), (True, 2)])
def test_eternal_blue_finds_the_enterprise_shares_once_they_have_a_type(repaired, level):
    table = Table(smss_type=repaired)
    table.play(attacker="DiscoverSystems User")
    table.take("User1")
    table.play(attacker="DiscoverServices Enterprise1")
    table.play(attacker="Exploit Enterprise1", where=lambda s: s["exploit"] == named("EternalBlue"))
    assert table.point["signals"][0, 1, 1 + 2 * H + 2] == level
