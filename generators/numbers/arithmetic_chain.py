"""Maker of arithmetic_chain: grows a tree of operations whose every value stays small, then names its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from math import isqrt, log10

from verimill.generators.numbers.chain_faces import FACE, NAMES, narrate
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.numbers.arithmetic_chain import RULES, Node, Params, Problem, labels, needed
from verimill.schemas.rationals import write_rational
from verimill.schemas.rng import Rng

_TREES = 40  # whole trees begun before a problem is given up
_DRAWS = 30  # operand draws for one operation

Value = int | Fraction


def _apply(op: str, a: Value, b: Value) -> Value | None:
    """The exact value of `a op b`, whole numbers kept as int; None for a division by zero."""
    if op == "+":
        out: Value = a + b
    elif op == "-":
        out = a - b
    elif op == "*":
        out = a * b
    elif op == "^":
        out = a ** int(b)
    elif b == 0:
        return None
    else:
        out = Fraction(a) / b
    return out.numerator if isinstance(out, Fraction) and out.denominator == 1 else out


class _Tree:
    """Nodes grown so far with their values; `open` are the operations that nothing has used yet."""

    def __init__(self, rng: Rng, params: Params) -> None:
        self.rng, self.params = rng, params
        self.nodes: list[Node] = []
        self.values: list[Value] = []
        self.sizes: list[int] = []  # operations under one name, this one included
        self.open: list[int] = []
        self.shared: set[int] = set()
        self.spare: list[int] = []  # results that the answer does not need
        self.limit = 10**params.digits - 1

    def _fits(self, op: str, a: Value, b: Value) -> Value | None:
        value = _apply(op, a, b)
        if value is None or value.denominator > self.params.denominator or abs(value.numerator) > self.limit:
            return None
        if value < 0 and not self.params.negative:
            return None
        trivial = b in (0, 1) if op in "*/^" else b == 0
        return None if trivial or (a in (0, 1) and op in "*/^") or (a == 0 and op == "+") else value

    def _leaf(self, op: str, beside: Value | None) -> int:
        rng, largest = self.rng, self.params.largest
        if op == "/" and beside is not None and self.params.denominator == 1:
            fits = [d for d in range(2, min(largest, 12) + 1) if beside % d == 0]
            return rng.pick(fits) if fits else 2
        return rng.between(2, min(largest, 12) if op in "*/" and rng.chance(0.7) else largest)

    def _op(self) -> str:
        if self.params.powers and self.rng.chance(0.08):
            return "^"
        return self.rng.weighted("+-*/", (3, 3, 3, 2.4))

    def grow(self, one: int | None, two: int | None) -> bool:
        """Adds an operation on nodes `one` and `two` (None: a new number); False when no draw fits."""
        for _ in range(_DRAWS):
            # A result as divisor is what a division by zero can later hide in, so it is not left to chance.
            under = one is not None and two is None and self.rng.chance(0.25)
            op = "/" if under else self._op()
            if op == "^" and two is not None:
                continue
            a, b = one, two
            if under or (op != "^" and self.rng.chance(0.35)):
                a, b = b, a
            left = self.values[a] if a is not None else None
            right = self.values[b] if b is not None else None
            if right is None:
                right = self.rng.between(2, 3) if op == "^" else self._leaf(op, left)
            if left is None:
                left = self._leaf("+" if op in "/-" else op, None) if op != "^" else self.rng.between(2, 12)
                if op == "/" and self.params.denominator == 1:
                    left = int(right) * self.rng.between(2, 9)
                    if not 2 <= left <= 3 * self.params.largest:
                        continue
            value = self._fits(op, left, right)
            if value is not None:
                self._add(op, left, right, a, b, value)
                return True
        return False

    def _add(self, op: str, left: Value, right: Value, a: int | None, b: int | None, value: Value) -> None:
        ends = []
        for at, number in ((a, left), (b, right)):
            if at is None:
                self.nodes.append(("n", int(number), 0))
                self.values.append(number)
                self.sizes.append(0)
                at = len(self.nodes) - 1
            ends.append(at)
        self.nodes.append((op, ends[0], ends[1]))
        self.values.append(value)
        self.sizes.append(1)

    def use(self, at: int) -> int:
        self.open.remove(at)
        return at


def _needed_operation(tree: _Tree, left: int, reuses: int) -> tuple[bool, int]:
    """One operation of the asked result with `left` still to come; whether it fitted, and reuses left over."""
    rng, count = tree.rng, len(tree.open)
    must_join = count - 1 >= left
    if must_join or (count >= 2 and rng.chance(0.3)):
        one = tree.use(tree.open[-1])
        two: int | None = tree.use(rng.pick(tree.open))
    elif count == 0 or (count < left and rng.chance(0.25)):
        if not tree.grow(None, None):
            return False, reuses
        tree.open.append(len(tree.nodes) - 1)
        return True, reuses
    else:
        one, two = tree.use(rng.pick(tree.open)), None
        old = [at for at, node in enumerate(tree.nodes) if node[0] != "n" and at != one and at not in tree.open]
        # A result beside its own part (9 * x / x) would only cancel.
        old = [at for at in old if at not in tree.spare and at not in tree.nodes[one][1:]]
        if reuses and old and rng.chance(0.5):
            two = rng.pick(old)
            tree.shared.add(two)
            reuses -= 1
    if not tree.grow(one, two):
        return False, reuses
    tree.open.append(len(tree.nodes) - 1)
    return True, reuses


def _plant(tree: _Tree) -> bool:
    """One named result that the answer does not need, on numbers or on results that exist."""
    rng = tree.rng
    old = [at for at, node in enumerate(tree.nodes) if node[0] != "n"]
    one = rng.pick(old) if old and rng.chance(0.6) else None
    if not tree.grow(one, None):
        return False
    if one is not None:
        tree.shared.add(one)
    tree.spare.append(len(tree.nodes) - 1)
    return True


def _grown(rng: Rng, params: Params) -> _Tree | None:
    tree = _Tree(rng, params)
    reuses, spare = params.reuse, params.unused
    for done in range(params.operations):
        left = params.operations - done
        fitted, reuses = _needed_operation(tree, left, reuses)
        if not fitted:
            return None
        if spare and 2 <= left and rng.chance(spare / (left - 1)):
            if not _plant(tree):
                return None
            spare -= 1
    value = tree.values[-1]
    dull = abs(value.numerator) <= 1 and value.denominator == 1
    if len(tree.open) != 1 or tree.open[0] != len(tree.nodes) - 1 or dull:
        return None
    return tree


def _named(tree: _Tree) -> tuple[str, ...]:
    """A name for each shared, spare and last node, and for enough others to keep brackets short."""
    rng, count = tree.rng, len(tree.nodes)
    pool = rng.pick(NAMES)
    by_hand = {*tree.shared, *tree.spare, count - 1}
    sizes = [0] * count
    named = []
    for at, (op, left, right) in enumerate(tree.nodes):
        if op == "n":
            continue
        size = 1 + sizes[left] + sizes[right]
        if at in by_hand or size >= tree.params.bracket:
            named.append(at)
            size = 0
        sizes[at] = size
    words = rng.sample(pool, len(named))
    names = [""] * count
    for at, word in zip(named, words, strict=True):
        names[at] = word
    return tuple(names)


def _widened(rng: Rng, problem: Problem, division: int, worth: int) -> Problem:
    """The plain divisor of a division written as a bracket `(p - a * b)` or `(p - (a + b))` with that worth."""
    at = problem.nodes[division][2]
    largest = max(node[1] for node in problem.nodes if node[0] == "n")
    a, b = (rng.between(2, max(2, isqrt(largest))) for _ in range(2))
    op = rng.pick("*+")
    whole = (a * b if op == "*" else a + b) + worth
    bracket: tuple[Node, ...] = (("n", whole, 0), ("n", a, 0), ("n", b, 0), (op, at + 1, at + 2), ("-", at, at + 3))

    def moved(node: Node) -> Node:
        name, left, right = node
        return node if name == "n" else (name, left + 4 * (left >= at), right + 4 * (right >= at))

    nodes = (*problem.nodes[:at], *bracket, *map(moved, problem.nodes[at + 1 :]))
    return Problem(nodes, (*problem.names[:at], "", "", "", "", *problem.names[at:]))


def _plain_divisors(problem: Problem) -> list[int]:
    """Divisions by a plain number, of those that the asked result needs."""
    wanted, nodes = needed(problem), problem.nodes
    return [at for at, (op, _, right) in enumerate(nodes) if op == "/" and wanted[at] and nodes[right][0] == "n"]


def make(rng: Rng, params: Params) -> Problem:
    """A chain with a value; Exhausted after a bounded number of trees."""
    for _ in range(_TREES):
        tree = _grown(rng, params)
        if tree is None:
            continue
        problem = Problem(tuple(tree.nodes), _named(tree))
        divisions = _plain_divisors(problem)
        # Divisors that have to be worked out are normal here, so that one worth 0 gives nothing away.
        if divisions and rng.chance(0.4):
            at = rng.pick(divisions)
            return _widened(rng, problem, at, problem.nodes[problem.nodes[at][2]][1])
        return problem
    raise Exhausted(f"no tree of {params.operations} operations kept its values small in {_TREES} tries")


def _values(problem: Problem) -> list[Value | None]:
    out: list[Value | None] = []
    for op, left, right in problem.nodes:
        if op == "n":
            out.append(left)
        else:
            a, b = out[left], out[right]
            out.append(None if a is None or b is None else _apply(op, a, b))
    return out


def _cost(op: str, a: Value, b: Value) -> float:
    """Work of one operation by hand: digits written, more for products, for fractions, for signs."""
    da, db = len(str(abs(a.numerator))), len(str(abs(b.numerator)))
    work = float(da + db)
    if op in "*/":
        work = 1.5 * da * db + 1
    elif op == "^":
        work = 1.5 * da * da * (int(b) - 1) + 1
    if a.denominator > 1 or b.denominator > 1:
        work = 2 * work + len(str(a.denominator)) * len(str(b.denominator)) + 2
    return work + (0.5 if a < 0 or b < 0 else 0)


def _tier(op: str, a: Value, b: Value, value: Value) -> int:
    if value.denominator > 1 or a.denominator > 1 or b.denominator > 1:
        return 3
    if op == "^" or a < 0 or b < 0 or value < 0:
        return 2
    return 1 if op in "*/" else 0


def _order(problem: Problem) -> list[int]:
    """Operations in working order, the first one the answer needs first, so that no prefix is idle."""
    wanted = needed(problem)
    operations = [at for at, node in enumerate(problem.nodes) if node[0] != "n"]
    first = next(at for at in operations if wanted[at])
    return [first] + [at for at in operations if at != first]


def _step(problem: Problem, label: dict[int, str], at: int, value: Value, number: int) -> Step:
    op, left, right = problem.nodes[at]
    because = tuple(label.get(child) or str(problem.nodes[child][1]) for child in (left, right))
    return Step(number, RULES[op], because, (f"{label[at]} = {write_rational(value)}",))


def _steps(problem: Problem, values: list[Value | None], only: list[bool] | None) -> tuple[Step, ...]:
    label = labels(problem)
    out: list[Step] = []
    for at in _order(problem):
        value = values[at]
        if value is not None and (only is None or only[at]):
            out.append(_step(problem, label, at, value, len(out) + 1))
    return tuple(out)


def solve(problem: Problem) -> Solved[Fraction]:
    """The value with every operation as a step; ValueError when there is no value."""
    values = _values(problem)
    answer = values[-1]
    if answer is None:
        raise ValueError("the asked result needs a division by zero")
    wanted = needed(problem)
    tier, effort, fractions, largest = 0, 0.0, 0, 0
    for at, (op, left, right) in enumerate(problem.nodes):
        if op == "n":
            continue
        a, b, value = values[left], values[right], values[at]
        if a is None or b is None or value is None:
            continue
        # A result that is not needed still has to be read and set aside.
        effort += _cost(op, a, b) if wanted[at] else 1
        tier = max(tier, _tier(op, a, b, value) if wanted[at] else 0)
        fractions += value.denominator > 1
        largest = max(largest, abs(value.numerator))
    steps = _steps(problem, values, None)
    extra = {"needed": sum(wanted[at] for at in labels(problem)), "fractions": fractions, "largest": largest}
    hardness = Hardness(tier, len(steps), 0, 0.0, round(effort, 2), {k: float(v) for k, v in extra.items()})
    certificate = {"claim": "exact", "by": ["evaluation in exact rationals"]}
    return Solved(Fraction(answer), steps, _steps(problem, values, wanted), hardness, certificate)


def canonical(problem: Problem) -> str:
    """Hash of the computation: names, the order of lines and of commuting operands left out."""
    keys: list[str] = []
    for op, left, right in problem.nodes:
        if op == "n":
            keys.append(str(left))
            continue
        one, two = keys[left], keys[right]
        if op in "+*" and two < one:
            one, two = two, one
        text = f"({one}{op}{two})"
        keys.append(text if len(text) < 64 else hashlib.blake2b(text.encode(), digest_size=16).hexdigest())
    spare = sorted(keys[at] for at, name in enumerate(problem.names[:-1]) if name)
    return hashlib.blake2b("|".join([keys[-1], *spare]).encode(), digest_size=16).hexdigest()


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The same chain with other names, and with operands of sums and products changed over."""
    for _ in range(3):
        given = sum(1 for name in problem.names if name)
        words = iter(rng.sample(rng.pick([pool for pool in NAMES if len(pool) >= given]), given))
        names = tuple(next(words) if name else "" for name in problem.names)
        nodes = tuple(
            (op, right, left) if op in "+*" and rng.chance(0.5) else (op, left, right)
            for op, left, right in problem.nodes
        )
        yield Problem(nodes, names)


def near_misses(rng: Rng, problem: Problem, answer: Fraction) -> Iterator[NearMiss[Fraction]]:
    """Slips: off by one, a lost sign, a fraction upside down, one operation mistaken, a result before the last."""
    values = _values(problem)
    wrong = [answer + 1, answer - 1, -answer, Fraction(round(answer))]
    if answer:
        wrong.append(1 / answer)
    wrong += [Fraction(v) for v in values[:-1][-3:] if v is not None]
    for at in rng.sample(sorted(labels(problem)), min(3, len(labels(problem)))):
        op, left, right = problem.nodes[at]
        other = {"+": "-", "-": "+", "*": "+", "/": "*", "^": "*"}[op]
        try:
            slip = _values(
                Problem((*problem.nodes[:at], (other, left, right), *problem.nodes[at + 1 :]), problem.names)
            )
        except ValueError:
            continue
        if slip[-1] is not None:
            wrong.append(Fraction(slip[-1]))
    seen = {answer}
    for value in wrong:
        if value not in seen:
            seen.add(value)
            yield NearMiss(value, "value")


def capacity(params: Params) -> float:
    """log10 of a lower bound: a third of the numbers at each leaf, two operators at each but one operation."""
    return (params.operations + 1) * log10(max(2.0, params.largest / 3)) + (params.operations - 1) * log10(2)


def _zeroing(problem: Problem, values: list[Value | None], at: int, want: Value) -> Iterator[tuple[int, int]]:
    """(node, number) changes under `at` that would give it the value `want`, following one operand at a time."""
    op, left, right = problem.nodes[at]
    if op == "n":
        if isinstance(want, int) and 2 <= want <= 99 and want != left:
            yield at, want
        return
    a, b = values[left], values[right]
    if a is None or b is None:
        return
    inverse = {"+": (want - b, want - a), "-": (want + b, a - want)}
    if op in inverse:
        for child, target in zip((left, right), inverse[op], strict=True):
            whole = target.numerator if target.denominator == 1 else target
            yield from _zeroing(problem, values, child, whole)
    elif op in "*/" and want == 0:
        yield from _zeroing(problem, values, left, 0)
        if op == "*":
            yield from _zeroing(problem, values, right, 0)
    elif op == "*" and b != 0:
        quotient = Fraction(want) / b
        if quotient.denominator == 1:
            yield from _zeroing(problem, values, left, int(quotient))
    elif op == "/":
        product = want * b
        if product.denominator == 1:
            yield from _zeroing(problem, values, left, int(product))


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Fraction] | None:
    """The chain with one number changed so that a divisor on the way becomes 0, or a plain divisor a bracket worth 0.

    None when the asked result needs no division.
    """
    values, wanted = _values(problem), needed(problem)
    largest = max(max(node[1] for node in problem.nodes if node[0] == "n"), 12)
    divisions = [at for at, node in enumerate(problem.nodes) if node[0] == "/" and wanted[at]]
    for at in rng.shuffled(divisions):
        for leaf, number in _zeroing(problem, values, problem.nodes[at][2], 0):
            if number > largest:
                continue
            nodes = (*problem.nodes[:leaf], ("n", number, 0), *problem.nodes[leaf + 1 :])
            try:
                changed = Problem(nodes, problem.names)
            except ValueError:
                continue
            steps = _refutation(changed)
            if steps:
                return _without_value(changed, steps)
    plain = _plain_divisors(problem)
    if plain:
        changed = _widened(rng, problem, rng.pick(plain), 0)
        return _without_value(changed, _refutation(changed))
    return None


def _without_value(problem: Problem, steps: tuple[Step, ...]) -> Unanswerable[Problem, Fraction]:
    by = ["evaluation in exact rationals reaches a division by zero"]
    return Unanswerable(problem, "none", {"claim": "none", "by": by}, (), steps)


def _refutation(problem: Problem) -> tuple[Step, ...]:
    """The operations up to the first division by zero that the answer needs; empty when there is none."""
    values, wanted, label = _values(problem), needed(problem), labels(problem)
    for at, (op, _, right) in enumerate(problem.nodes):
        if not (wanted[at] and op == "/" and values[right] == 0):
            continue
        under = _below(problem, right)
        steps: list[Step] = []
        for child in sorted(under):
            value = values[child]
            if value is not None and child in label:
                steps.append(_step(problem, label, child, value, len(steps) + 1))
        return (*steps, Step(len(steps) + 1, "divide by zero", (label[at],), ("contradiction",)))
    return ()


def _below(problem: Problem, top: int) -> set[int]:
    found, todo = {top}, [top]
    while todo:
        op, left, right = problem.nodes[todo.pop()]
        fresh = [child for child in (left, right) if op != "n" and child not in found]
        found.update(fresh)
        todo += fresh
    return found


MAKER: Maker[Params, Problem, Fraction] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
