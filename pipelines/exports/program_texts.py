"""Python programs that solve one problem each and say what they do: ordinary algorithms over the problem's own data.

Each prints a line for every step it takes and ends with the answer in the form that the problem asks for. They use
nothing but the standard library, so a reader can run them anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_SHORTEST = """\
import heapq

edges = {edges}
source, target = {source}, {target}
{directions}
best, via, queue, done = {{source: 0}}, {{}}, [(0, source)], set()
while queue:
    cost, here = heapq.heappop(queue)
    if here in done:
        continue
    done.add(here)
    print(f"settle {{here}} at {{cost}}")
    for start, end, weight in edges:
        if start == here and cost + weight < best.get(end, float("inf")):
            best[end], via[end] = cost + weight, here
            print(f"  {{end}} through {{here}}: {{cost + weight}}")
            heapq.heappush(queue, (cost + weight, end))
if target not in best:
    print("Answer: none")
else:
    path = [target]
    while path[-1] != source:
        path.append(via[path[-1]])
    print("Answer: " + " -> ".join(reversed(path)))
"""

_TREE = """\
names = {names}
edges = {edges}
part = {{name: name for name in names}}

def root(name):
    while part[name] != name:
        name = part[name]
    return name

tree = []
for weight, a, b in sorted((weight, a, b) for a, b, weight in edges):
    one, two = root(a), root(b)
    if one == two:
        print(f"skip {{a}}-{{b}} ({{weight}}): joined already")
        continue
    part[one] = two
    tree.append(f"{{a}}-{{b}}")
    print(f"take {{a}}-{{b}} ({{weight}})")
print("Answer: " + (", ".join(tree) if len(tree) == len(names) - 1 else "none"))
"""

_COLOURING = """\
names = {names}
palette = {palette}
near = {{name: set() for name in names}}
for a, b in {edges}:
    near[a].add(b)
    near[b].add(a)
colour = {{}}

def free(name):
    return [c for c in palette if all(colour.get(other) != c for other in near[name])]

def solve():
    left = [name for name in names if name not in colour]
    if not left:
        return True
    name = min(left, key=lambda one: len(free(one)))
    for c in free(name):
        colour[name] = c
        print(f"{{name}} = {{c}}")
        if solve():
            return True
        print(f"back from {{name}} = {{c}}")
        del colour[name]
    return False

print("Answer: " + (", ".join(f"{{name}}={{colour[name]}}" for name in names) if solve() else "none"))
"""

_HAMILTONIAN = """\
names = {names}
after = {{name: [] for name in names}}
for a, b in {edges}:
    after[a].append(b)
    {back}
path = []

def solve():
    if len(path) == len(names):
        return True
    here = path[-1]
    for name in sorted(after[here], key=lambda one: sum(n not in path for n in after[one])):
        if name not in path:
            path.append(name)
            print(f"{{here}} -> {{name}}")
            if solve():
                return True
            print(f"back from {{name}}")
            path.pop()
    return False

def whole():
    for start in {starts}:
        path[:] = [start]
        if solve():
            return True
    return False

print("Answer: " + (" -> ".join(path) if whole() else "none"))
"""

_ARITHMETIC = """\
from fractions import Fraction

{lines}
print(f"Answer: {{{last}}}")
"""


def _named(problem: Any) -> list[tuple[Any, ...]]:
    return [(problem.names[e[0]], problem.names[e[1]], *e[2:]) for e in problem.edges]


def _shortest(problem: Any) -> str:
    both = "" if problem.directed else "edges += [(end, start, weight) for start, end, weight in edges]"
    return _SHORTEST.format(
        edges=_named(problem), source=repr(problem.names[problem.source]),
        target=repr(problem.names[problem.target]), directions=both,
    )  # fmt: skip


def _tree(problem: Any) -> str:
    return _TREE.format(names=list(problem.names), edges=_named(problem))


def _colouring(problem: Any) -> str:
    return _COLOURING.format(names=list(problem.names), palette=list(problem.palette), edges=_named(problem))


def _hamiltonian(problem: Any) -> str:
    starts = "names" if problem.start < 0 else repr([problem.names[problem.start]])
    back = "" if problem.directed else "after[b].append(a)"
    return _HAMILTONIAN.format(names=list(problem.names), edges=_named(problem), back=back, starts=starts)


def _arithmetic(problem: Any) -> str:
    lines, words = [], []
    for at, (op, left, right) in enumerate(problem.nodes):
        if op == "n":
            words.append(f"Fraction({left})")
            continue
        name = problem.names[at] or f"step_{at}"
        sign, two = ("**", str(problem.nodes[right][1])) if op == "^" else (op, words[right])
        lines += [f"value_{name} = {words[left]} {sign} {two}", f'print(f"{name} = {{value_{name}}}")']
        words.append(f"value_{name}")
    return _ARITHMETIC.format(lines="\n".join(lines), last=words[-1])


PROGRAMS: Mapping[str, Callable[[Any], str]] = {
    "shortest_path": _shortest,
    "minimum_spanning_tree": _tree,
    "graph_coloring": _colouring,
    "hamiltonian_path": _hamiltonian,
    "arithmetic_chain": _arithmetic,
}
