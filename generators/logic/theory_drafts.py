"""One draft of facts and rules: a hidden world, a proof grown backwards from its end, and distractors around it.

Every fact and rule is true in the hidden world, so nothing contradictory can follow. For an unknown question the
same proof is grown and one of its facts is left out; the numbers of facts and rules do not depend on the label.
"""

from __future__ import annotations

from verimill.generators.engines.forward import Statement, Theory
from verimill.generators.engines.names import PEOPLE
from verimill.generators.engines.rules_text import TRAITS
from verimill.schemas.logic.deduction import ANYONE, SKINS, Label, Literal, Params, Problem
from verimill.schemas.rng import Rng


def traits_for(params: Params) -> int:
    """How many traits are used with these knobs."""
    return min(40, 6 + 2 * params.depth + params.rules // 4)


class Draft:
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
