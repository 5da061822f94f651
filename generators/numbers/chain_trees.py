"""Trees of operations, grown from the numbers up so that every value stays small; then their parts get names."""

from __future__ import annotations

from verimill.generators.numbers.chain_faces import NAMES
from verimill.generators.numbers.chain_steps import Value, apply
from verimill.schemas.numbers.arithmetic_chain import Node, Params
from verimill.schemas.rng import Rng

_DRAWS = 30  # operand draws for one operation


class Tree:
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
        value = apply(op, a, b)
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


def _needed_operation(tree: Tree, left: int, reuses: int) -> tuple[bool, int]:
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


def _plant(tree: Tree) -> bool:
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


def grown(rng: Rng, params: Params) -> Tree | None:
    tree = Tree(rng, params)
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


def names_of(tree: Tree) -> tuple[str, ...]:
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
