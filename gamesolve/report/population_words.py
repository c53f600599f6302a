"""What a run that grew populations found, in plain words for readers who are no game theorists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.special import stdtrit

from gamesolve.base.bound import Bound
from gamesolve.base.roles import role_name, the_role
from gamesolve.psro.loop import CONFIDENCE, EACH
from gamesolve.report.bounds import figure_of
from gamesolve.report.plain import guarantee
from gamesolve.report.words import counted, end, ends, measured

STOPPED = {
    "gap": "the wanted exploitability was reached",
    "time": "the time limit came; 'gamesolve resume' goes on with it",
    "interrupt": "it was interrupted; 'gamesolve resume' goes on with it",
}


def summary_lines(
    result: Mapping[str, Any], answer: Mapping[str, Any], roles: tuple[str, str], *, cut: int | None, zero_sum: bool = True
) -> list[str]:
    """The head of the page: what the mixtures earn, what they are worth against those who adapt, and why the search ended.

    Args:
        result: the run's file of that name; answer: the row of the journal whose mixtures are the answer.
        cut: iterations that were asked for at most, or None.
        zero_sum: whether what one role earns says what the other does.
    """
    exploitability = Bound(**result["exploitability"])
    told = _exact_lines if exploitability.upper is not None else _open_lines
    note = str(result["note"])
    how = (
        "one draw for both sides: before an episode, draw a pair of policies by the weights in tables/joint.csv, of which the weights "
        "below are each side's share, and let each side follow its own throughout"
        if "joint" in answer
        else "a mixture for each side: before an episode, draw one of the side's policies by the weights below, and follow it throughout"
    )
    return [
        f"The answer is {how}. {_earned(result, answer, roles if not zero_sum else roles[:1])}",
        *told(result, answer, roles),
        *([f"{note[0].upper()}{note[1:]}."] if note else []),
        f"{_from(answer, result)}The search ended after {counted(result['iterations'], 'iteration')} and {result['decisions']:,} "
        f"decisions: {_stopped(result, cut)}.",
    ]


def _earned(result: Mapping[str, Any], answer: Mapping[str, Any], roles: Sequence[str]) -> str:
    """What roles earn where the mixtures meet."""
    found = []
    for role in roles:
        own, interval = answer["roles"][role], Bound(**result["expected_return"][role])
        mean, error = measured(own["mean"], own["mean_error"])
        between = " to ".join(ends(interval.lower or 0.0, interval.upper or 0.0))
        doubt = f" ({between} with {interval.confidence:.0%} confidence)" if error else ""
        found.append(f"{the_role(role)} earns {mean} on average{doubt}")
    return f"{'So drawn' if 'joint' in answer else 'Where the two mixtures meet'}, {' and '.join(found)}."


def _exact_lines(result: Mapping[str, Any], answer: Mapping[str, Any], roles: tuple[str, str]) -> list[str]:
    """What is proved on the game's tree."""
    value, bound = Bound(**result["value"][roles[0]]), Bound(**result["exploitability"])
    knew = "went its own way, knew how the other plays by itself" if "joint" in answer else "knew the other's mixture"
    lines = [
        f"The exploitability of {figure_of(bound)} is {bound.kind}: it is half of what the two sides would gain together if each of them "
        f"{knew} and answered it as well as possible. At 0 neither could gain anything.",
    ]
    return [*lines, f"{guarantee(value, the_role(roles[0]))}."] if value.lower is not None and value.upper is not None else lines


def _open_lines(result: Mapping[str, Any], answer: Mapping[str, Any], roles: tuple[str, str]) -> list[str]:
    """What was found, and what is not known."""
    figure = figure_of(Bound(**result["exploitability"]))
    return [
        *(_adapting(answer["roles"][role], role, other) for role, other in (roles[::-1], roles)),
        f"Nobody has proved that others cannot gain more. Half of the sum of both gains makes an exploitability of {figure}, with "
        f"{CONFIDENCE:.0%} confidence: it is known from below only, and a longer search may find more.",
    ]


def _adapting(own: Mapping[str, Any], role: str, other: str) -> str:
    """What an opponent who knows the other role's mixture was found to gain."""
    article = "A" if role.isdigit() or role[0] not in "aeiou" else "An"
    who = f"{article} {role_name(role)} that adapts to the mixture of {the_role(other)}"
    least = own["gain"] - float(stdtrit(own["episodes"] - 1, EACH)) * own["standard_error"]
    if least <= 0.0:
        return f"{who} was looked for, and none was found that gains beyond the error of measurement. That is no proof that there is none."
    # A response that counts joins as the next policy.
    name = f"policy {len(own['weights'])} of {the_role(role)}" if own["counts"] else f"“{own['name']}”"
    return (
        f"{who} was found, {name}: it gained at least {end(least, upper=False)} more than the mixture of {the_role(role)} expects, so "
        f"{the_role(other)} earned that much less."
    )


def _from(answer: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """That an earlier iteration's mixtures are the answer, where they are."""
    if answer["iteration"] == result["iterations"]:
        return ""
    return f"The answer is that of iteration {answer['iteration']:,}, the least exploitable of all. "


def _stopped(result: Mapping[str, Any], cut: int | None) -> str:
    if result["stopped"] in STOPPED:
        return STOPPED[result["stopped"]]
    return (
        "no more were asked for"
        if result["iterations"] == cut
        else "in the last two neither side found a response that gains beyond its error"
    )
