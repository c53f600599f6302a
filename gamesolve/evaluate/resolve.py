"""The user's words for a policy turned into one, at the edge and here only."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError, quoted, unknown_name
from gamesolve.base.files import is_there
from gamesolve.base.patience import USUAL, Patience
from gamesolve.base.roles import the_role
from gamesolve.base.runs import CONFIG, read_result
from gamesolve.policies.files import CARD, load_policy, read_card
from gamesolve.policies.function import CODE, FunctionPolicy, from_code
from gamesolve.policies.onnx import SUFFIX, OnnxPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.trained import trained_for, trained_names, trained_policy
from gamesolve.rules.game import Game
from gamesolve.views.problem import Problem, load_problem, run_problem

#: The policy that every game has.
RANDOM = "random"


def problem_for(game: str, parameters: dict[str, Any], policies: Iterable[str]) -> Problem:
    """The game that a user named, with the parameters of the first policy that says for which of its kind it was made.

    A run says so, a policy in a run folder by its run, and a scripted or neural policy that was saved by itself: theirs count where no
    parameters are given. A trained policy that comes with the game plays with others too, so what is given changes its alone.

    Raises:
        GamesolveError: there is no such game, a parameter is refused, or the run or the policy is damaged.
    """
    for words in policies:
        name, made_with = _made_for(Path(words))
        if name == game and not parameters:
            return load_problem(game, made_with)
        if not name and (made_with := trained_for(game, words)):
            return load_problem(game, {**made_with, **parameters})
    return load_problem(game, parameters)


def played_elsewhere(problem: Problem, policies: Iterable[str]) -> list[str]:
    """A sentence on each trained policy by its name that was made for other parameters than it plays with here."""
    said = []
    for words in dict.fromkeys(policies):
        made_with = trained_for(problem.name, words)
        if changed := [key for key, value in made_with.items() if problem.parameters.get(key) != value]:
            theirs = ", ".join(f"{key}={made_with[key]}" for key in changed)
            here = ", ".join(f"{key}={problem.parameters.get(key)}" for key in changed)
            said.append(f"{words} was made for {theirs} and plays here with {here}; what its card says of its worth is not about that")
    return said


def _made_for(path: Path) -> tuple[str, dict[str, Any]]:
    """Name and parameters of the game for which a run or a saved policy was made; empty where that is not known."""
    saved = is_there(path / CARD)
    run = path.parent.parent if saved and path.parent.name == "policies" else path
    if is_there(run / CONFIG):
        problem = run_problem(run)
        return problem.name, problem.parameters
    card = read_card(path / CARD) if saved else {}
    return (card["name"], card["parameters"]) if "parameters" in card else ("", {})


def resolve(
    problem: Problem, policy: Any, role: str | None, *, allow_code: bool = False, patience: Patience = USUAL
) -> dict[str, Any]:  # fmt: skip
    """The policies meant by `policy`, by role: of a run, or of a name under which both roles have trained ones, both unless `role`
    names one; otherwise one.

    Args:
        policy: a policy, an OpenSpiel policy, a function (see `gamesolve.policies.function`), or words that name one: a run
            folder, a saved policy, an ONNX file, `module:function`, or a scripted or trained policy that comes with the game.
        allow_code: whether the code of a module may be run that words name.
        patience: how long a call of a function may take.

    Raises:
        GamesolveError: there is no such policy, it is for another game, its role is not known, or code is not allowed.
    """
    if role is not None and role not in problem.roles:
        raise GamesolveError(f"role {role!r} is unknown; {problem.name} has {' and '.join(problem.roles)}")
    if isinstance(policy, str):
        found = _named(problem, policy, role, patience if allow_code else None)
    else:
        found = _given(problem, policy, role, patience)
    for own, one in found.items():
        fingerprint = getattr(one, "fingerprint", problem.fingerprint)
        if fingerprint != problem.fingerprint:
            raise GamesolveError(
                f"the policy is for {one.game} (fingerprint {fingerprint}), not for {problem.title} ({problem.fingerprint}); "
                f"{_advice(str(one.game), problem.title)}"
            )
        if own not in problem.roles:
            raise GamesolveError(f"the policy's role is {quoted(own)}; {problem.name} has {' and '.join(problem.roles)}")
    return found


def as_played(problem: Problem, policy: Any, role: str) -> Any:
    """A policy that `resolve` found in a form in which it can be played; in games of ours OpenSpiel's become tables, by way of the tree."""
    if hasattr(policy, "acting"):
        return policy
    if not isinstance(problem.game, Game):
        from gamesolve.policies.openspiel_asked import followable

        return followable(policy, problem.playable, role)
    from gamesolve.policies.openspiel import from_openspiel

    return from_openspiel(policy, problem.game, problem.tree(), problem.roles.index(role))


def _advice(wanted: str, given: str) -> str:
    """How to name the game for which a policy was made: games in words, the policy's and the user's."""
    (name, theirs), (other, ours) = _parts(wanted), _parts(given)
    if name != other:
        return f"name the game {name}"
    changed = [f"-p {shlex.quote(f'{key}={value}')}" for key, value in theirs.items() if ours.get(key) != value]
    return f"write {' '.join(changed)}" if changed else "give the game its files as they were then"


def _parts(words: str) -> tuple[str, dict[str, str]]:
    """Name and parameters of a game in words: `flipit(horizon=4, tie=attacker)`."""
    name, _, inside = words.partition("(")
    return name, dict(re.findall(r"(\w+)=(.*?)(?:, (?=\w+=)|\)?$)", inside))


def _given(problem: Problem, policy: Any, role: str | None, patience: Patience, name: str = "") -> dict[str, Any]:
    """A policy that is no words, by its role; a function becomes a `FunctionPolicy` called `name`."""
    is_class = isinstance(policy, type)
    if not is_class and any(hasattr(policy, sign) for sign in ("acting", "behaviour_on", "action_probabilities")):
        return {_role_of(problem, policy, role): policy}
    if is_class or not callable(policy):
        what = "a class" if is_class else f"of type {type(policy).__name__}"
        raise GamesolveError(f"{name or repr(policy)} is {what}, which is no policy; a function or a policy object is one")
    own = _role_of(problem, policy, role)
    if not isinstance(problem.game, Game):
        raise GamesolveError(f"{name or repr(policy)} is a function of signals; {problem.name} has none, and takes OpenSpiel policies")
    return {own: FunctionPolicy(problem.game, own, name or getattr(policy, "__qualname__", repr(policy)), policy, patience)}


def _is_code(problem: Problem, words: str) -> bool:
    """Whether words mean `module:function`, rather than a scripted policy and a parameter without its value."""
    scripted = {policy.name for policy in problem.game.policies} if isinstance(problem.game, Game) else set()
    return CODE.fullmatch(words) is not None and words.partition(":")[0] not in {RANDOM, *scripted}


def _named(problem: Problem, words: str, role: str | None, patience: Patience | None) -> dict[str, Any]:
    """What words mean; code only with `patience` for it."""
    path = Path(words)
    if is_there(path / CONFIG):
        read_result(path)
        roles = [one for one in problem.roles if (path / "policies" / one / CARD).is_file()] if role is None else [role]
        if not roles:
            raise GamesolveError(f"the run {str(path)!r} holds no policy")
        return {one: _of_run(path, one) for one in roles}
    if is_there(path / CARD):
        policy = load_policy(path)
        return {_role_of(problem, policy, role): policy}
    if words.endswith(SUFFIX):
        network = OnnxPolicy.read(problem.game, role, path)
        return {network.role: network}
    if _is_code(problem, words):
        if patience is None:
            module = words.partition(":")[0]
            raise GamesolveError(
                f"{words!r} means running the code of module {module!r}, which has to be allowed: add --allow-code (allow_code=True "
                f"in Python); train runs no code"
            )
        return _given(problem, from_code(words, patience), role, patience, words)
    if not isinstance(problem.game, Game) and words != RANDOM:
        raise GamesolveError(
            f"{words!r} is neither a run folder nor a saved policy; {problem.name} has no scripted policies but {RANDOM!r}"
        )
    if is_there(path) or "/" in words:
        raise GamesolveError(f"{words!r} is neither a run folder (no {CONFIG} in it) nor a saved policy (no {CARD} in it)")
    trained = _trained(problem, words, role)
    if trained:
        return trained
    if role is None:
        refuse_nobody(problem, words, problem.roles)
        raise GamesolveError(f"a scripted policy needs a role: add --role {' or --role '.join(problem.roles)} for {words!r}")
    if not isinstance(problem.game, Game):
        from gamesolve.policies.openspiel_asked import uniform_policy
        from gamesolve.views.turn_based import TurnBased

        return {role: uniform_policy(TurnBased.of(problem.game), role)}
    refuse_nobody(problem, words, (role,))
    return {role: ScriptedPolicy.named(problem.game, role, words)}


def refuse_nobody(problem: Problem, words: str, roles: tuple[str, ...]) -> None:
    """Raise GamesolveError where no policy of these roles that comes with the game, scripted or trained, has the name."""
    game, name = problem.game, words.partition(":")[0].strip()
    if not isinstance(game, Game):
        return
    trained = {role: set(trained_names(game, role)) for role in problem.roles}
    there = {role: {RANDOM, *(one.name for one in game.policies if one.role == role)} | trained[role] for role in problem.roles}
    if any(name in there[role] - (trained[role] if ":" in words else set()) for role in roles):
        return
    if any(name in trained[role] for role in roles):
        raise GamesolveError(f"{name!r} is a trained policy, which has no settings; write {name!r}")
    if others := [role for role in problem.roles if name in there[role]]:
        raise GamesolveError(f"{name!r} is a policy of {the_role(others[0])}, not of {the_role(roles[0])}")
    raise unknown_name(f"{' or '.join(roles)} policy of {game.name}", name, sorted(set().union(*(there[role] for role in roles))))


def _trained(problem: Problem, words: str, role: str | None) -> dict[str, Any]:
    """The trained policies of that name, of both roles where both have one and none is meant."""
    game = problem.game
    if not isinstance(game, Game):
        return {}
    wanted = problem.roles if role is None else (role,)
    return {one: trained_policy(game, one, words) for one in wanted if words in trained_names(game, one)}


def _of_run(path: Path, role: str) -> Any:
    folder = path / "policies" / role
    if not (folder / CARD).is_file():
        raise GamesolveError(f"the run {str(path)!r} holds no policy of {the_role(role)}")
    return load_policy(folder)


def _role_of(problem: Problem, policy: Any, role: str | None) -> str:
    own = getattr(policy, "role", None)
    if own is None and role is None:
        raise GamesolveError(
            f"a {type(policy).__name__} does not say which role it plays; give role={problem.roles[0]!r} or {problem.roles[1]!r}"
        )
    if own is not None and role is not None and own != role:
        raise GamesolveError(f"the policy is one of {the_role(own)}, not of {the_role(role)}")
    return str(own if own is not None else role)
