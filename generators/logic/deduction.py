"""Facts and rules: a proof is grown backwards from the question inside a hidden world, then buried in distractors.

Every fact and rule is true in one hidden world, so nothing contradictory can follow. For an unknown question the
same proof is grown and one of its facts is left out; the numbers of facts and rules do not depend on the label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import lgamma, log

from verimill.generators.engines.canonical import structure_key
from verimill.generators.engines.forward import Statement, Theory, Why, proof
from verimill.generators.engines.names import PEOPLE
from verimill.generators.engines.rules_text import FACE, TRAITS, narrate
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


def traits_for(params: Params) -> int:
    """How many traits are used with these knobs."""
    return min(40, 6 + 2 * params.depth + params.rules // 4)


def make(rng: Rng, params: Params) -> Problem:
    """A question of any label with equal chance and a proof (or the remains of one) of the depth asked for."""
    label = rng.pick(_LABELS)
    for _ in range(TRIES):
        problem = _Draft(rng, params, label).problem()
        if problem is not None:
            return problem
    raise Exhausted(f"no theory with a proof of depth {params.depth} in {TRIES} tries")


class _Draft:
    """One try: the hidden world, the proof, the distractors."""

    def __init__(self, rng: Rng, params: Params, label: Label) -> None:
        self.rng = rng
        self.params = params
        self.label = label
        self.traits = traits_for(params)
        self.world = [[1 if rng.chance(0.6) else -1 for _ in range(self.traits + 1)] for _ in range(params.people)]
        self.facts: list[Literal] = []
        self.rules: list[Statement] = []
        self.used: set[tuple[int, int]] = set()  # (person, trait) of the proof
        self.chain: set[int] = set()  # traits that the proof concludes

    def problem(self) -> Problem | None:
        """The finished problem, or None if the try came to nothing."""
        rng, params = self.rng, self.params
        goal = self.literal(rng.below(params.people), rng.between(1, self.traits))
        self.used.add((goal[0], abs(goal[1])))
        if not self.grow(goal, params.depth) or len(self.facts) > params.facts or len(self.rules) > params.rules:
            return None
        # Facts stand in the order from the goal down; one near the goal leaves a long way into a dead end.
        broken = self.facts.pop(rng.below(1 + rng.below(len(self.facts)))) if self.label == "unknown" else None
        if not self.distract(broken):
            return None
        statements = tuple(rng.shuffled([(fact,) for fact in self.facts] + self.rules))
        question = goal if self.label == "true" else (goal[0], -goal[1])
        if self.label == "unknown" and rng.chance(0.5):
            question = goal
        known = Theory(statements).chain()
        if len(set(statements)) < len(statements) or sum(1 for who, _ in known if who == goal[0]) < 2:
            return None
        if (goal in known) == (self.label == "unknown"):
            return None
        if goal in known and known[goal].round != params.depth:
            return None
        return Problem(
            rng.pick(tuple(SKINS)), tuple(rng.sample(PEOPLE, params.people)), tuple(rng.sample(TRAITS, self.traits)),
            statements, question,
        )  # fmt: skip

    def literal(self, who: int, trait: int) -> Literal:
        """What the hidden world says."""
        return (who, trait * self.world[who][trait])

    def fresh(self, who: int) -> Literal | None:
        """A fact about the person that the proof has not used, about a trait that it does not conclude."""
        free = [t for t in range(1, self.traits + 1) if t not in self.chain and (who, t) not in self.used]
        return self.literal(who, self.rng.pick(free)) if free else None

    def grow(self, goal: Literal, depth: int) -> bool:
        """Facts and rules from which the goal follows in `depth` rounds."""
        if depth == 0:
            self.facts.append(goal)
            return True
        self.chain.add(abs(goal[1]))
        for _ in range(16):
            grounded = self.rng.below(100) < self.params.grounded
            conditions = self.conditions(goal, grounded)
            if conditions is None:
                continue
            rule: Statement = (*conditions, goal)
            if not grounded:
                rule = tuple([(ANYONE, trait) for _, trait in rule])
                if not self.holds(rule):
                    continue
            self.rules.append((*self.rng.shuffled(rule[:-1]), rule[-1]))
            new = [literal for literal in conditions if (literal[0], abs(literal[1])) not in self.used]
            self.used.update((who, abs(trait)) for who, trait in new)
            self.facts.extend(new[1:])
            return self.grow(conditions[0], depth - 1)
        return False

    def conditions(self, goal: Literal, grounded: bool) -> list[Literal] | None:
        """The conditions of a rule for the goal, the one to be proved further first; None if none are free."""
        people = range(self.params.people)
        out: list[Literal] = []
        for k in range(1 + self.rng.below(self.params.width)):
            who = self.rng.pick(people) if grounded else goal[0]
            ready = [fact for fact in self.facts if fact[0] == who and fact not in out]
            if k and ready and self.rng.chance(0.4):
                out.append(self.rng.pick(ready))
                continue
            fresh = self.fresh(who)
            if fresh is None or fresh in out:
                return None
            out.append(fresh)
        return out

    def holds(self, rule: Statement) -> bool:
        """Whether the hidden world keeps a rule about anybody."""
        return all(
            world[abs(rule[-1][1])] * rule[-1][1] > 0 or not all(world[abs(t)] * t > 0 for _, t in rule[:-1])
            for world in self.world
        )

    def distract(self, broken: Literal | None) -> bool:
        """Facts and rules up to the numbers asked for, none of which concludes what the proof does."""
        rng, params = self.rng, self.params
        taken = set(self.facts) | ({broken} if broken else set())
        for _ in range(40 * params.facts):
            if len(self.facts) == params.facts:
                break
            trait = rng.between(1, self.traits)
            fact = self.literal(rng.below(params.people), trait)
            if trait not in self.chain and fact not in taken:
                taken.add(fact)
                self.facts.append(fact)
        pool = list(self.facts)
        for _ in range(60 * params.rules):
            if len(self.rules) == params.rules:
                break
            rule = self.distractor(pool, broken)
            if rule is not None and rule not in self.rules:
                self.rules.append(rule)
        return len(self.facts) == params.facts and len(self.rules) == params.rules

    def distractor(self, pool: list[Literal], broken: Literal | None) -> Statement | None:
        """A rule that the hidden world keeps, often one that fires; its conclusion joins the pool."""
        rng, params = self.rng, self.params
        grounded = rng.below(100) < params.grounded
        live = rng.chance(0.6)
        start = rng.pick(pool) if live else (rng.below(params.people), self.sign(rng.between(1, self.traits)))
        conditions = [start]
        for _ in range(rng.below(params.width)):
            who = rng.below(params.people) if grounded else start[0]
            same = [fact for fact in pool if fact[0] == who]
            extra = rng.pick(same) if same and rng.chance(0.5) else (who, self.sign(rng.between(1, self.traits)))
            if abs(extra[1]) in [abs(t) for w, t in conditions if w == who]:
                return None
            conditions.append(extra)
        who = rng.below(params.people) if grounded else start[0]
        trait = rng.between(1, self.traits)
        if trait in self.chain or (broken and trait == abs(broken[1])):
            return None
        if any(abs(t) == trait and (w == who or not grounded) for w, t in conditions):
            return None
        conclusion = self.literal(who, trait)
        rule: Statement = (*conditions, conclusion)
        if not grounded:
            rule = tuple([(ANYONE, t) for _, t in rule])
            if not self.holds(rule):
                return None
        if all(condition in pool for condition in conditions) and conclusion not in pool:
            pool.append(conclusion)
        return rule

    def sign(self, trait: int) -> int:
        return trait if self.rng.chance(0.6) else -trait


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
