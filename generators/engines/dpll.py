"""Random 3-CNF and a fixed complete search on it, compiled: draw, label, trail, refutations, core.

The search is DPLL with unit propagation by passes over the clauses in order, one fixed branching rule and
conflict-directed backjumping. Its counts depend on the clauses alone, on no library and no version, so they
measure hardness. At a conflict the branch that failed is logged as a refutation: a supposed literal, what
followed from it, and the clause that failed. The opposite literal then stands with the refutation as its reason.

A reason is a clause (>= 0), DECISION, or REFUTED - r for refutation r.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

DECISION = -1
REFUTED = -2
MAX_VARIABLES = 60  # one bit of a word each
WORDS = 8  # of 64 clauses each
MAX_CLAUSES = 64 * WORDS

# Slots of the counts array.
DECISIONS, CONFLICTS, UNITS, ROWS, REFUTATIONS, LENGTH, LOOKS = 0, 1, 2, 3, 4, 5, 6


@nb.njit(cache=True)
def _next(state):
    """splitmix64: the next state and a draw."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    x = state
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, x ^ (x >> np.uint64(31))


@nb.njit(cache=True)
def _draw(state, n, clauses):
    """Fill `clauses` with different clauses on three different variables each, so that every variable occurs."""
    m = clauses.shape[0]
    seen = np.zeros((n + 1) * (n + 1) * (n + 1), np.uint8)
    met = np.zeros(n + 1, np.uint8)
    while True:
        seen[:] = 0
        met[:] = 0
        at = 0
        while at < m:
            state, x = _next(state)
            a = np.int64(x % np.uint64(n)) + 1
            b = np.int64((x >> np.uint64(16)) % np.uint64(n)) + 1
            c = np.int64((x >> np.uint64(32)) % np.uint64(n)) + 1
            if a == b or b == c or a == c:
                continue
            signs = np.uint8((x >> np.uint64(60)) & np.uint64(7))
            low, high = min(a, b, c), max(a, b, c)
            mid = a + b + c - low - high
            # The eight sign patterns of three variables are bits of one byte, in the order of the variables.
            pattern = 0
            for v, bit in ((a, signs & 1), (b, signs >> 1 & 1), (c, signs >> 2 & 1)):
                if bit:
                    pattern |= 1 if v == low else (2 if v == mid else 4)
            place = (low * (n + 1) + mid) * (n + 1) + high
            if seen[place] >> pattern & 1:
                continue
            seen[place] |= np.uint8(1 << pattern)
            clauses[at, 0] = a if signs & 1 else -a
            clauses[at, 1] = b if signs >> 1 & 1 else -b
            clauses[at, 2] = c if signs >> 2 & 1 else -c
            met[a] = met[b] = met[c] = 1
            at += 1
        if met[1:].sum() == n:
            return state


@nb.njit(cache=True)
def search(clauses, n, trail, reason, rows, refutations, core, counts):
    """1 satisfiable (trail and reasons hold a model), 0 not (core and refutations say why), -1 the log is full.

    A row of `rows` is (literal, reason, needed); a row of `refutations` is (supposed literal, first row, end row,
    clause that failed). The last refutation of an unsatisfiable formula supposes nothing (literal 0).
    """
    m = clauses.shape[0]
    why = np.zeros(n + 1, np.int64)
    dep = np.zeros(n + 1, np.uint64)
    cites = np.zeros(refutations.shape[0], np.uint64)
    used = np.zeros((refutations.shape[0], WORDS), np.uint64)
    score = np.zeros((n + 1, 2), np.int64)
    decided = np.zeros(n + 1, np.int64)  # places on the trail
    one = np.uint64(1)
    zero = np.uint64(0)
    positive = np.zeros(m, np.uint64)
    negative = np.zeros(m, np.uint64)
    for c in range(m):
        for k in range(3):
            lit = clauses[c, k]
            if lit > 0:
                positive[c] |= one << np.uint64(lit)
            else:
                negative[c] |= one << np.uint64(-lit)
    true = zero  # variables that are true, that are false
    false = zero
    levels = 0
    length = 0
    counts[:] = 0
    while True:
        # Unit propagation, in passes over the clauses.
        failed = -1
        moved = True
        while moved and failed < 0:
            moved = False
            for c in range(m):
                if (positive[c] & true) | (negative[c] & false):
                    continue
                free = (positive[c] | negative[c]) & ~(true | false)
                if free & (free - one):
                    continue
                if free == zero:
                    failed = c
                    break
                last = 0
                d = zero
                for k in range(3):
                    x = abs(clauses[c, k])
                    if (free >> np.uint64(x)) & one:
                        last = clauses[c, k]
                    else:
                        d |= dep[x]
                x = abs(last)
                if last > 0:
                    true |= one << np.uint64(x)
                else:
                    false |= one << np.uint64(x)
                why[x] = c
                dep[x] = d
                trail[length] = last
                length += 1
                counts[UNITS] += 1
                moved = True
            counts[LOOKS] += m
        if failed < 0:
            # Branch: most wanted variable in the clauses not yet true, short ones counting five times.
            score[:] = 0
            open_ = False
            known = true | false
            for c in range(m):
                if (positive[c] & true) | (negative[c] & false):
                    continue
                open_ = True
                weight = 5 if (positive[c] | negative[c]) & known else 1
                for k in range(3):
                    lit = clauses[c, k]
                    score[abs(lit), 1 if lit > 0 else 0] += weight
            if not open_:
                for x in range(1, n + 1):  # whatever is left is free: false
                    if not (known >> np.uint64(x)) & one:
                        trail[length] = -x
                        why[x] = DECISION
                        length += 1
                for i in range(length):
                    reason[i] = why[abs(trail[i])]
                counts[LENGTH] = length
                return 1
            best, chosen = -1, 0
            for x in range(1, n + 1):
                if not (known >> np.uint64(x)) & one:
                    s = (score[x, 0] + 1) * (score[x, 1] + 1)
                    if s > best:
                        best, chosen = s, x
            lit = chosen if score[chosen, 1] >= score[chosen, 0] else -chosen
            if lit > 0:
                true |= one << np.uint64(chosen)
            else:
                false |= one << np.uint64(chosen)
            why[chosen] = DECISION
            dep[chosen] = one << np.uint64(chosen)
            decided[levels] = length
            levels += 1
            trail[length] = lit
            length += 1
            counts[DECISIONS] += 1
            continue
        # Conflict: which decisions it rests on, and the deepest of them.
        counts[CONFLICTS] += 1
        rests = np.uint64(0)
        need = np.uint64(0)
        for k in range(3):
            x = abs(clauses[failed, k])
            rests |= dep[x]
            need |= one << np.uint64(x)
        while levels > 0 and not (rests >> np.uint64(abs(trail[decided[levels - 1]]))) & one:
            levels -= 1
        start = decided[levels - 1] + 1 if levels > 0 else 0
        r = counts[REFUTATIONS]
        if r >= refutations.shape[0] or counts[ROWS] + n > rows.shape[0]:
            return -1
        used[r, failed >> 6] |= one << np.uint64(failed & 63)
        first = counts[ROWS]
        end = first
        for i in range(start, length):  # room for all that rests on no decision but these
            if not dep[abs(trail[i])] & ~rests:
                end += 1
        at = end
        for i in range(length - 1, start - 1, -1):
            x = abs(trail[i])
            if dep[x] & ~rests:
                continue
            at -= 1
            rows[at, 0] = trail[i]
            rows[at, 1] = why[x]
            rows[at, 2] = 0
            if (need >> np.uint64(x)) & one:
                rows[at, 2] = 1
                c = why[x]
                if c >= 0:
                    used[r, c >> 6] |= one << np.uint64(c & 63)
                    for k in range(3):
                        need |= one << np.uint64(abs(clauses[c, k]))
                else:
                    inner = REFUTED - c
                    need |= cites[inner]
                    for w in range(WORDS):
                        used[r, w] |= used[inner, w]
        supposed = trail[start - 1] if levels > 0 else 0
        refutations[r, 0] = supposed
        refutations[r, 1] = first
        refutations[r, 2] = end
        refutations[r, 3] = failed
        counts[ROWS] = end
        counts[REFUTATIONS] = r + 1
        if levels == 0:
            core[:] = used[r]
            return 0
        # Undo to before the decision; its opposite now stands.
        y = abs(supposed)
        mask = np.uint64(0)
        for i in range(start - 1):
            mask |= one << np.uint64(abs(trail[i]))
        cites[r] = need & mask
        for i in range(start - 1, length):
            bit = one << np.uint64(abs(trail[i]))
            true &= ~bit
            false &= ~bit
        levels -= 1
        length = start - 1
        if supposed < 0:
            true |= one << np.uint64(y)
        else:
            false |= one << np.uint64(y)
        why[y] = REFUTED - r
        dep[y] = rests & ~(one << np.uint64(y))
        trail[length] = -supposed
        length += 1


@nb.njit(cache=True)
def _buffers(n, rows):
    return (
        np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.empty((rows, 3), np.int64),
        np.empty((rows // 4, 4), np.int64), np.zeros(WORDS, np.uint64), np.zeros(8, np.int64),
    )  # fmt: skip


@nb.njit(cache=True)
def drawn(seed, n, m, satisfiable, tries):
    """Clauses drawn uniformly with the label wanted; no clauses after `tries` in vain."""
    state = np.uint64(seed)
    clauses = np.empty((m, 3), np.int64)
    trail, reason, rows, refutations, core, counts = _buffers(n, 4096)
    for _ in range(tries):
        state = _draw(state, n, clauses)
        status = search(clauses, n, trail, reason, rows, refutations, core, counts)
        if status == (1 if satisfiable else 0):
            return clauses
    return clauses[:0]


@nb.njit(cache=True)
def _solved(clauses, n, most, rows):
    trail, reason, log, refutations, core, counts = _buffers(n, rows)
    kept = np.arange(clauses.shape[0])
    status = search(clauses, n, trail, reason, log, refutations, core, counts)
    first = counts.copy()
    if status == 0:
        for k in range(12):  # each run on the core of the last one
            smaller = np.empty(kept.shape[0], np.int64)
            size = 0
            for i in range(kept.shape[0]):
                if (core[i >> 6] >> np.uint64(i & 63)) & np.uint64(1):
                    smaller[size] = kept[i]
                    size += 1
            if size == kept.shape[0] or (k >= 3 and size <= most and kept.shape[0] <= most):
                break
            kept = smaller[:size].copy()
            search(clauses[kept], n, trail, reason, log, refutations, core, counts)
    return (
        status, first, kept, trail[: counts[LENGTH]], reason[: counts[LENGTH]],
        log[: counts[ROWS]], refutations[: counts[REFUTATIONS]],
    )  # fmt: skip


def solved(clauses: Any, n: int, most: int) -> Any:
    """What the search says of the clauses: status, counts, and the log of the run that is told.

    For an unsatisfiable formula the run that is told is the one on `kept`, a core of at most `most` clauses if
    a few rounds reach that; its clause numbers count within `kept`. The counts are those of the first run, on all.
    """
    rows = 4096
    while True:
        found = _solved(clauses, n, most, rows)
        if found[0] >= 0:
            return found
        if rows > 2_000_000:
            raise ValueError(f"the search needs more than {rows} rows of log")
        rows *= 8
