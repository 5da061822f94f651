"""Facts and rules with a question: drafts are tried until one holds; forward chaining proves the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import lgamma, log

from verimill.generators.engines.canonical import structure_key
from verimill.generators.engines.forward import Theory, Why, proof
from verimill.generators.engines.names import PEOPLE
from verimill.generators.engines.rules_text import FACE, TRAITS, narrate
from verimill.generators.logic.theory_drafts import Draft, traits_for
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step
from verimill.schemas.logic.deduction import (
    ANYONE,
    SKINS,
    Answer,
    Label,
    Literal,
    Params,
    Problem,
    fact_text,
    trait_text,
)
from verimill.schemas.rng import Rng

TRIES = 200
_LABELS: tuple[Label, ...] = ("true", "false", "unknown")


def make(rng: Rng, params: Params) -> Problem:
    """A question of any label with equal chance and a proof (or the remains of one) of the depth asked for."""
    label = rng.pick(_LABELS)
    for _ in range(TRIES):
        problem = Draft(rng, params, label).problem()
        if problem is not None:
            return problem
    raise Exhausted(f"no theory with a proof of depth {params.depth} in {TRIES} tries")


# ---------------------------------------------------------------- solving


def solve(problem: Problem) -> Solved[Answer]:
    """The label with its reason, by forward chaining."""
    theory = Theory(problem.statements)
    known = theory.chain()
    looks = theory.looks
    who, trait = problem.question
    opposite = (who, -trait)
    target = problem.question if problem.question in known else opposite if opposite in known else None
    if target is None:
        traits = sorted((t for person, t in known if person == who), key=abs)
        answer = Answer("unknown", known=tuple(trait_text(problem, t) for t in traits))
        bearing = theory.bearing(((who, s * t) for t in range(1, len(problem.traits) + 1) for s in (1, -1)), 0)
        first = sorted(known.items(), key=lambda item: (item[1].round > 0, item[1].round, item[0] not in bearing))
        steps = _steps(problem, first, closed=True)
        brief = _steps(problem, [item for item in first if item[0] in bearing], closed=True)
        tier = max((why.round for literal, why in first if literal in bearing), default=0)
        certificate = {"claim": "neither follows", "by": ["closure under forward chaining"]}
    else:
        statements = theory.needed(target)
        answer = Answer(
            "true" if target == problem.question else "false", statements=tuple(at + 1 for at in statements)
        )
        short = proof(theory.chain(statements), target)
        brief = _steps(problem, short)
        steps = _steps(problem, _until(known, target))
        tier = known[target].round
        certificate = {"claim": f"{answer.label}", "by": ["forward chaining", "no statement can be left out"]}
    hardness = Hardness(
        tier=tier,
        steps=len(steps),
        search=looks,
        space=float(len(problem.names) * len(problem.traits)),
        effort=round(len(problem.statements) + looks / 2 + sum(why.round for why in known.values()) / 4, 2),
        extra={"known": len(known), "proof": len(brief)},
    )
    return Solved(answer, steps, brief, hardness, certificate)


def _until(known: dict[Literal, Why], target: Literal) -> list[tuple[Literal, Why]]:
    """All that is found before the target and the target itself; what the target needs comes first in its round."""
    wanted = {literal for literal, _ in proof(known, target)}
    last = known[target].round
    before = [(literal, why) for literal, why in known.items() if why.round < last]
    before.sort(key=lambda item: (item[1].round, item[0] not in wanted))
    return [*before, (target, known[target])]


def _steps(problem: Problem, found: list[tuple[Literal, Why]], closed: bool = False) -> tuple[Step, ...]:
    out = []
    for number, (literal, why) in enumerate(found, 1):
        because = [f"statement {why.statement + 1}", *(fact_text(problem, c) for c in why.conditions)]
        rule = "apply" if why.conditions else "given"
        out.append(Step(number, rule, tuple(because), (fact_text(problem, literal),)))
    if closed:
        out.append(Step(len(out) + 1, "closed", (), ("nothing else follows",)))
    return tuple(out)


# ---------------------------------------------------------------- symmetry


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """People and traits renumbered and renamed, some traits turned into their opposites, statements reordered."""
    people, traits = len(problem.names), len(problem.traits)
    for _ in range(3):
        person = [*rng.shuffled(range(people)), ANYONE]  # index -1 stays ANYONE
        trait = [0, *rng.shuffled(range(1, traits + 1))]
        flip = [1, *((1, -1)[rng.below(2)] for _ in range(traits))]

        statements = []
        for statement in rng.shuffled(problem.statements):
            *conditions, conclusion = (_moved(literal, person, trait, flip) for literal in statement)
            statements.append((*rng.shuffled(conditions), conclusion))
        yield Problem(
            rng.pick(tuple(SKINS)), tuple(rng.sample(PEOPLE, people)), tuple(rng.sample(TRAITS, traits)),
            tuple(statements), _moved(problem.question, person, trait, flip),
        )  # fmt: skip


def _moved(literal: Literal, person: list[int], trait: list[int], flip: list[int]) -> Literal:
    who, t = literal
    return (person[who], trait[abs(t)] * flip[abs(t)] * (1 if t > 0 else -1))


def canonical(problem: Problem) -> str:
    """A key that renaming, turning traits into their opposites and reordering cannot change."""
    people, traits = len(problem.names), len(problem.traits)
    colours = [1] * people + [2] + [3] * (2 * traits)

    def place(trait: int) -> int:
        return people + 1 + 2 * (abs(trait) - 1) + (trait < 0)

    edges = [(place(t), place(-t), 1) for t in range(1, traits + 1)]
    for statement in (*problem.statements, (problem.question,)):
        at = len(colours)
        colours.append(4 if statement[0] is not problem.question else 5)
        for k, (who, trait) in enumerate(statement):
            node = len(colours)
            colours.append(7 if k == len(statement) - 1 else 6)
            edges += [(at, node, 2), (node, place(trait), 3), (node, people if who == ANYONE else who, 4)]
    return structure_key(colours, edges)


# ---------------------------------------------------------------- wrong answers


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """A premise too few, one too many, the other label, a guess of unknown, a list with one trait wrong."""
    who, _ = problem.question
    known = Theory(problem.statements).chain()
    listed = tuple(trait_text(problem, t) for t in sorted((t for p, t in known if p == who), key=abs))
    if answer.label != "unknown":
        cited = answer.statements
        yield NearMiss(Answer("unknown", known=listed), "silence")
        yield NearMiss(replace(answer, label="false" if answer.label == "true" else "true"), "support")
        for gone in rng.sample(cited, min(2, len(cited))):
            if len(cited) > 1:
                yield NearMiss(replace(answer, statements=tuple(at for at in cited if at != gone)), "support")
        others = [at for at in range(1, len(problem.statements) + 1) if at not in cited]
        for more in rng.sample(others, min(2, len(others))):
            yield NearMiss(replace(answer, statements=tuple(sorted((*cited, more)))), "spare")
        return
    if len(listed) > 1:
        gone = rng.below(len(listed))
        yield NearMiss(Answer("unknown", known=listed[:gone] + listed[gone + 1 :]), "known")
    free = [t for t in range(1, len(problem.traits) + 1) if (who, t) not in known and (who, -t) not in known]
    if free:
        guess = rng.pick(free)
        marks = sorted([t for p, t in known if p == who] + [guess], key=abs)
        yield NearMiss(Answer("unknown", known=tuple(trait_text(problem, t) for t in marks)), "known")
    few = tuple(sorted(at + 1 for at in rng.sample(range(len(problem.statements)), min(3, len(problem.statements)))))
    yield NearMiss(Answer(rng.pick(_LABELS[:2]), statements=few), "support")


def capacity(params: Params) -> float:
    """log10 of the sets of rules about anybody with two literals, over renamings: far fewer than there are."""
    traits = traits_for(params)
    ways = 4 * traits * (traits - 1)
    sets = lgamma(ways + 1) - lgamma(params.rules + 1) - lgamma(ways - params.rules + 1)
    facts = params.facts * log(2 * traits * params.people) - lgamma(params.facts + 1)
    symmetry = lgamma(traits + 1) + lgamma(params.people + 1) + traits * log(2)
    return max(1.0, (sets + facts - symmetry) / log(10) - 2)


MAKER: Maker[Params, Problem, Answer] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
)
