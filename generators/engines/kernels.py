"""Compiled deduction on finite domains: graded rules that log every step, supposition, search, thinning.

A network is a tuple of arrays (see `constraints.Network`). The state is one bitmask a variable. Four kinds of
constraint: DIFFERENT (all values differ; `perm` when every value must appear), LESS (a + gap <= b), TOTAL
(low <= sum of coefficient * value <= high), TABLE (one of the listed tuples) and UNLIKE (two lines of cells
differ somewhere).

Rules, each with its tier; the lowest rule that makes progress is applied and the scan starts again, so the
highest tier used is the least that finishes the problem (the measure of Tatham's puzzle collection):

    0 ONLY     one candidate is left in a cell
    1 PLACE    a value has one place left in a complete group
    1 BOUNDS   the ends of a LESS or TOTAL cannot be met
    1 TWIN     two lines agree everywhere but in one place
    t SUPPORT  no tuple of a TABLE (tier t of that table, 1 or 2) or no sum of a TOTAL (2; never for a TOTAL of
               tier 1, where BOUNDS says as much) has the value
    3 LOCKED   all places of a value in one group lie in another
    3 PAIR     two cells of a group hold the same two values
    3 NESTED   all open cells of one plain TOTAL lie in another and use up its room (0/1 cells)
    3 SWAPPED  a line with two open cells may not complete itself to a copy of a full line of equal total
    4 SET      three or four cells hold three or four values; two values have the same two places
    5 SUPPOSE  a supposed value leads to a contradiction by rules up to tier 2

A placed value leaves every other cell of its DIFFERENT groups at once; that bookkeeping is not a step.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numba.extending import intrinsic

# Kernels called only by other kernels need no wrapper for Python; leaving it out saves seconds of compiling.
inner = nb.njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)

DIFFERENT, LESS, TOTAL, TABLE, UNLIKE = 0, 1, 2, 3, 4
# What kernels hand to each other is np.int64, never a bare number: numba would compile a kernel anew for every
# different number that stands in a call, which made compiling several times as long.
ONLY, PLACE, BOUNDS, SUPPORT, LOCKED, PAIR = (np.int64(k) for k in range(6))
SET, SUPPOSE, CLASH, TWIN, NESTED, SWAPPED = (np.int64(k) for k in range(6, 12))
NONE, OUTER, INNER, NO, YES, ONE, TWO, THREE, FOUR = (np.int64(k) for k in (-1, 0, 1, 0, 1, 1, 2, 3, 4))
# Of one step of each rule in the effort of a problem; a supposition adds its inner steps.
WEIGHT = (1, 1, 2, 4, 5, 5, 8, 10, 1, 2, 5, 5)
MANY = np.int64(20_000)  # decisions of one search
RULE_TIER = (0, 1, 1, 2, 3, 3, 4, 5, 0, 1, 3, 3)
SUPPOSE_TIER = 5
INNER_TIER = np.int64(2)
DIVES = 12  # open suppositions of one run that are followed further in search of another solution
MAX_SPAN = 4096  # widest range of sums that SUPPORT enumerates

# Columns of a log row.
SID, RULE, CON, CON2, VAR, MASK, PLACED, DEPTH = 0, 1, 2, 3, 4, 5, 6, 7
WIDTH = 8

# Slots of the counters array.
ROWS, STEPS, TOP, NODES, OPEN = 0, 1, 2, 3, 4

# A network in one array, for the rules that run without a trace: two sizes, then where each part begins.
N_VARS, N_CONS, N_KIND, N_SCOPE_AT, N_SCOPE, N_ARG_AT, N_ARGS, N_TUPLES = 0, 1, 2, 3, 4, 5, 6, 7
N_VAR_AT, N_VAR_CONS, N_TIER, N_PERM, N_FULL = 8, 9, 10, 11, 12
N_HEAD = 13

# Their state in one array, too: four counts, then where each part begins.
S_WAITING, S_FRONT, S_QUEUED, S_OPEN = 0, 1, 2, 3
S_DOM, S_PLACED, S_DIRTY, S_ACTIVE, S_IN_QUEUE, S_QUEUE, S_FRESH, S_MASKS, S_SUMS, S_ROOM = (
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
)
S_HEAD = 14

# Bits of `dirty`: which rules have yet to look at a constraint since its cells changed.
D_PLACE, D_BOUNDS, D_SUPPORT, D_LOCKED, D_PAIR, D_SET = 1, 2, 4, 8, 16, 32
D_ALL = 63


@intrinsic
def popcount(typing, x):
    """How many bits are set: one instruction."""
    return nb.int64(nb.int64), lambda context, builder, signature, args: builder.ctpop(args[0])


@intrinsic
def low_bit(typing, x):
    """Index of the lowest set bit; 64 for 0."""

    def code(context, builder, signature, args):
        return builder.cttz(args[0], context.get_constant(nb.boolean, False))

    return nb.int64(nb.int64), code


@intrinsic
def _leading(typing, x):
    def code(context, builder, signature, args):
        return builder.ctlz(args[0], context.get_constant(nb.boolean, False))

    return nb.int64(nb.int64), code


@inner
def high_bit(x):
    """Index of the highest set bit; -1 for 0."""
    return 63 - _leading(x)


@inner
def touch(net, dirty, v):
    for i in range(net.var_at[v], net.var_at[v + 1]):
        dirty[net.var_cons[i]] = D_ALL


@inner
def strike(net, dom, reason, dirty, v, mask, sid):
    """Take `mask` out of cell v; the step `sid` is the reason of each value that was still there."""
    gone = dom[v] & mask
    if gone:
        dom[v] &= ~mask
        k = 0
        x = gone
        while x:
            if x & 1:
                reason[v, k] = sid
            x >>= 1
            k += 1
        touch(net, dirty, v)


@inner
def put(net, active, dom, reason, placed, dirty, v, sid):
    """Mark v (one candidate) as placed and strike its value from its groups. Returns an emptied cell or -1."""
    placed[v] = 1
    bit = dom[v]
    for i in range(net.var_at[v], net.var_at[v + 1]):
        c = net.var_cons[i]
        if net.kind[c] == DIFFERENT and active[c]:
            for j in range(net.scope_at[c], net.scope_at[c + 1]):
                u = net.scope[j]
                if u != v and dom[u] & bit:
                    strike(net, dom, reason, dirty, u, bit, sid)
                    if dom[u] == 0:
                        return u
    touch(net, dirty, v)
    return -1


@inner
def write(log, count, rule, con, con2, v, mask, is_placed, depth):
    r = count[ROWS]
    if r < log.shape[0]:
        log[r, SID] = count[STEPS]
        log[r, RULE] = rule
        log[r, CON] = con
        log[r, CON2] = con2
        log[r, VAR] = v
        log[r, MASK] = mask
        log[r, PLACED] = is_placed
        log[r, DEPTH] = depth
    count[ROWS] = r + 1


@inner
def narrow(net, active, dom, reason, placed, dirty, log, count, rule, con, con2, v, mask, depth):
    """One claim of the current step: strike `mask` from v, or place v when one candidate is left.

    Returns 0, or 1 when the state became contradictory (the clash is logged by the caller)."""
    mask &= dom[v]
    if mask == 0:
        return 0
    left = dom[v] & ~mask
    if left == 0:
        return 1
    sid = count[STEPS]
    strike(net, dom, reason, dirty, v, mask, sid)
    if left & (left - 1) == 0:
        write(log, count, rule, con, con2, v, left, YES, depth)
        if put(net, active, dom, reason, placed, dirty, v, sid) >= 0:
            return 2
    else:
        write(log, count, rule, con, con2, v, mask, NO, depth)
    return 0


@inner
def clash(log, count, con, v, depth):
    """Log a contradiction: constraint `con` cannot be met, or (con = -1) cell v has no candidate."""
    write(log, count, CLASH, con, NONE, v, NO, NO, depth)
    count[STEPS] += 1
    return -1


@inner
def rows_left(flat, dom, c, masks):
    """Fill masks[i] with the values of the i-th cell of a TABLE that a row with all its values open has.

    Tables of up to three cells hold, for each choice of values of the other cells, the mask of the last cell's
    values; wider ones hold each row as one set of bits (value k of cell i is bit i * values + k) where 64 bits
    are enough, else the rows as they are.
    """
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    t, rows, values = flat[N_TUPLES] + flat[p], flat[p + 1], flat[p + 2]
    full = (1 << values) - 1
    if n == 1:
        masks[0] = dom[flat[at]] & flat[t]
    elif n == 2:
        x, y = dom[flat[at]] & full, dom[flat[at + 1]]
        left, right = 0, 0
        while x:
            z = flat[t + low_bit(x)] & y
            if z:
                left |= x & -x
                right |= z
            x &= x - 1
        masks[0], masks[1] = left, right
    elif n == 3:
        x, rest, z = dom[flat[at]] & full, dom[flat[at + 1]] & full, dom[flat[at + 2]]
        first, second, third = 0, 0, 0
        while x:
            k = t + low_bit(x) * values
            y = rest
            while y:
                w = flat[k + low_bit(y)] & z
                if w:
                    first |= x & -x
                    second |= y & -y
                    third |= w
                y &= y - 1
            x &= x - 1
        masks[0], masks[1], masks[2] = first, second, third
    elif n * values <= 64:
        state = 0
        for i in range(n):
            state |= (dom[flat[at + i]] & full) << (i * values)
        gone, seen = ~state, 0
        for r in range(t, t + rows):
            if flat[r] & gone == 0:
                seen |= flat[r]
                if seen == state:
                    break
        for i in range(n):
            masks[i] = (seen >> (i * values)) & full
    else:
        for i in range(n):
            masks[i] = 0
        for r in range(t, t + rows * n, n):
            ok = True
            for i in range(n):
                if not (dom[flat[at + i]] >> flat[r + i]) & 1:
                    ok = False
                    break
            if ok:
                for i in range(n):
                    masks[i] |= 1 << flat[r + i]


@inner
def range_of(flat, dom, c):
    """The least and the greatest sum that the candidates of a TOTAL allow."""
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    base = flat[p + 2]
    least, most = 0, 0
    for i in range(n):
        x = dom[flat[at + i]]
        coef = flat[p + 3 + i]
        lo, hi = (low_bit(x) + base) * coef, (high_bit(x) + base) * coef
        if coef < 0:
            lo, hi = hi, lo
        least += lo
        most += hi
    return least, most


@inner
def short_sums(flat, dom, c, masks, sums, least, span):
    """`supports` of a TOTAL with at most 63 sums, as sets of bits counted from the least sum."""
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    low, high = flat[p] - least, flat[p + 1] - least
    full = (1 << span) - 1
    sums[0] = 1
    for i in range(n):
        x, coef = dom[flat[at + i]], flat[p + 3 + i]
        off = (low_bit(x) if coef >= 0 else high_bit(x)) * coef
        some = 0
        while x:
            some |= sums[i] << (low_bit(x) * coef - off)
            x &= x - 1
        sums[i + 1] = some & full
    wanted = 0
    if low < span and high >= 0:
        wanted = full & ~((1 << max(low, 0)) - 1)
        if high < span:
            wanted &= (1 << (high + 1)) - 1
    for i in range(n - 1, -1, -1):
        x, coef = dom[flat[at + i]], flat[p + 3 + i]
        off = (low_bit(x) if coef >= 0 else high_bit(x)) * coef
        some, held = 0, 0
        while x:
            before = wanted >> (low_bit(x) * coef - off)
            if before & sums[i]:
                held |= x & -x
            some |= before
            x &= x - 1
        wanted = some
        masks[i] = held


@inner
def long_sums(flat, dom, c, masks, reach, back, least, span):
    """`supports` of a TOTAL with many sums: reach[i] holds the sums of the first i cells, back[i] those that end well.

    Each cell is counted from its own least contribution.
    """
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    low, high = flat[p], flat[p + 1]
    reach[: n + 1, :span] = 0
    back[: n + 1, :span] = 0
    reach[0, 0] = 1
    top = 0
    for i in range(n):
        masks[i] = 0
        x = dom[flat[at + i]]
        coef = flat[p + 3 + i]
        off = (low_bit(x) if coef >= 0 else high_bit(x)) * coef
        for k in range(low_bit(x), high_bit(x) + 1):
            if (x >> k) & 1:
                d = k * coef - off
                for s in range(top + 1):
                    if reach[i, s]:
                        reach[i + 1, s + d] = 1
        top += (high_bit(x) - low_bit(x)) * (coef if coef >= 0 else -coef)
    for s in range(span):
        if low <= s + least <= high:
            back[n, s] = 1
    for i in range(n - 1, -1, -1):
        x = dom[flat[at + i]]
        coef = flat[p + 3 + i]
        off = (low_bit(x) if coef >= 0 else high_bit(x)) * coef
        for k in range(low_bit(x), high_bit(x) + 1):
            if (x >> k) & 1:
                d = k * coef - off
                for s in range(span - d):
                    if back[i + 1, s + d]:
                        if reach[i, s]:
                            masks[i] |= 1 << k
                        back[i, s] = 1


@inner
def supports(flat, dom, c, masks, sums, reach, back):
    """Fill masks[i] with the values of the i-th cell that some solution of constraint c alone allows."""
    if flat[flat[N_KIND] + c] == TABLE:
        rows_left(flat, dom, c, masks)
        return True
    least, most = range_of(flat, dom, c)
    span = most - least + 1
    if span > MAX_SPAN or flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c] >= reach.shape[0]:
        return False
    if span <= 63:
        short_sums(flat, dom, c, masks, sums, least, span)
    else:
        long_sums(flat, dom, c, masks, reach, back, least, span)
    return True


@inner
def rule_place(net, active, dom, reason, placed, dirty, log, count, depth, c):
    a, b = net.scope_at[c], net.scope_at[c + 1]
    once, twice, done = 0, 0, 0
    for j in range(a, b):
        x = dom[net.scope[j]]
        twice |= once & x
        once |= x
        if placed[net.scope[j]]:
            done |= x
    if once != net.full[c]:
        return clash(log, count, c, NONE, depth)
    alone = once & ~twice & ~done
    if alone == 0:
        dirty[c] &= ~D_PLACE
        return 0
    bit = alone & -alone
    for j in range(a, b):
        v = net.scope[j]
        if dom[v] & bit:
            sid = count[STEPS]
            strike(net, dom, reason, dirty, v, ~bit, sid)
            write(log, count, PLACE, c, NONE, v, bit, YES, depth)
            u = put(net, active, dom, reason, placed, dirty, v, sid)
            count[STEPS] += 1
            if u >= 0:
                return clash(log, count, NONE, u, depth)
            return 1
    return 0


@inner
def finish(net, log, count, before, bad, c, dom, depth):
    """Close a step that may have made claims: -1 clash, 1 progress, 0 nothing."""
    if count[ROWS] > before:
        count[STEPS] += 1
    if bad == 1:
        return clash(log, count, c, NONE, depth)
    if bad == 2:
        return clash(log, count, NONE, empty_cell(dom), depth)
    return 1 if count[ROWS] > before else 0


@inner
def empty_cell(dom):
    for v in range(dom.shape[0]):
        if dom[v] == 0:
            return v
    return -1


@inner
def ends(net, dom, c):
    """The least and the greatest sum that the candidates of a TOTAL allow."""
    a, p = net.scope_at[c], net.arg_at[c]
    base = net.args[p + 2]
    least, most = 0, 0
    for k in range(net.scope_at[c + 1] - a):
        x = dom[net.scope[a + k]]
        coef = net.args[p + 3 + k]
        lo, hi = (low_bit(x) + base) * coef, (high_bit(x) + base) * coef
        if coef < 0:
            lo, hi = hi, lo
        least += lo
        most += hi
    return least, most


@inner
def rule_bounds(net, active, dom, reason, placed, dirty, log, count, depth, c):
    dirty[c] &= ~D_BOUNDS
    a, b = net.scope_at[c], net.scope_at[c + 1]
    p = net.arg_at[c]
    before, bad = count[ROWS], 0
    if net.kind[c] == LESS:
        u, v = net.scope[a], net.scope[a + 1]
        gap = net.args[p]
        top = high_bit(dom[v]) - gap
        keep = (1 << (top + 1)) - 1 if top >= 0 else 0
        bad = narrow(net, active, dom, reason, placed, dirty, log, count, BOUNDS, c, NONE, u, ~keep, depth)
        if bad == 0:
            floor = low_bit(dom[u]) + gap
            below = (1 << floor) - 1
            bad = narrow(net, active, dom, reason, placed, dirty, log, count, BOUNDS, c, NONE, v, below, depth)
    else:
        n = b - a
        low, high, base = net.args[p], net.args[p + 1], net.args[p + 2]
        least, most = ends(net, dom, c)
        if least > high or most < low:
            bad = 1
        for i in range(n):
            v = net.scope[a + i]
            if bad or (least >= low and most <= high):
                break
            if placed[v]:
                continue
            x = dom[v]
            coef = net.args[p + 3 + i]
            lo, hi = (low_bit(x) + base) * coef, (high_bit(x) + base) * coef
            if coef < 0:
                lo, hi = hi, lo
            out = 0
            for k in range(low_bit(x), high_bit(x) + 1):
                if (x >> k) & 1:
                    term = (k + base) * coef
                    if least - lo + term > high or most - hi + term < low:
                        out |= 1 << k
            if out:
                bad = narrow(net, active, dom, reason, placed, dirty, log, count, BOUNDS, c, NONE, v, out, depth)
                if bad == 0:  # a placement may have narrowed other cells of the scope too
                    least, most = ends(net, dom, c)
                    if least > high or most < low:
                        bad = 1
    return finish(net, log, count, before, bad, c, dom, depth)


@inner
def rule_support(net, active, dom, reason, placed, dirty, log, count, depth, c, scratch):
    dirty[c] &= ~D_SUPPORT
    masks = scratch.masks
    a, b = net.scope_at[c], net.scope_at[c + 1]
    for i in range(b - a):
        if dom[net.scope[a + i]] == 0:
            return clash(log, count, NONE, net.scope[a + i], depth)
    if not supports(net.flat, dom, c, masks, scratch.sums, scratch.reach, scratch.back):
        return 0
    before, bad = count[ROWS], 0
    for i in range(b - a):
        if masks[i] == 0:
            bad = 1
            break
    if bad == 0:
        # The claims are read off one snapshot; a placement made on the way may strike more of it already.
        for i in range(b - a):
            v = net.scope[a + i]
            bad = narrow(net, active, dom, reason, placed, dirty, log, count, SUPPORT, c, NONE, v, ~masks[i], depth)
            if bad:
                break
    return finish(net, log, count, before, bad, c, dom, depth)


@inner
def rule_locked(net, active, dom, reason, placed, dirty, log, count, depth, c):
    a, b = net.scope_at[c], net.scope_at[c + 1]
    todo = net.full[c]
    while todo:
        bit = todo & -todo
        todo ^= bit
        first = -1
        many = 0
        for j in range(a, b):
            if dom[net.scope[j]] & bit:
                many += 1
                if first < 0:
                    first = net.scope[j]
        if many < 2:
            continue
        for i in range(net.var_at[first], net.var_at[first + 1]):
            w = net.var_cons[i]
            if w == c or net.kind[w] != DIFFERENT or not active[w]:
                continue
            inside = 0
            for j in range(net.scope_at[w], net.scope_at[w + 1]):
                u = net.scope[j]
                if dom[u] & bit:
                    for k in range(a, b):
                        if net.scope[k] == u:
                            inside += 1
                            break
            if inside != many:
                continue
            before, bad = count[ROWS], 0
            for j in range(net.scope_at[w], net.scope_at[w + 1]):
                u = net.scope[j]
                if not dom[u] & bit:
                    continue
                shared = False
                for k in range(a, b):
                    if net.scope[k] == u:
                        shared = True
                        break
                if not shared:
                    bad = narrow(net, active, dom, reason, placed, dirty, log, count, LOCKED, c, w, u, bit, depth)
                    if bad:
                        break
            if count[ROWS] > before or bad:
                return finish(net, log, count, before, bad, c, dom, depth)
    dirty[c] &= ~D_LOCKED
    return 0


@inner
def strike_others(net, active, dom, reason, placed, dirty, log, count, depth, c, rule, union, chosen, n_chosen):
    before, bad = count[ROWS], 0
    for j in range(net.scope_at[c], net.scope_at[c + 1]):
        v = net.scope[j]
        mine = False
        for k in range(n_chosen):
            if chosen[k] == v:
                mine = True
        if not mine and dom[v] & union:
            bad = narrow(net, active, dom, reason, placed, dirty, log, count, rule, c, NONE, v, union, depth)
            if bad:
                break
    if count[ROWS] > before or bad:
        return finish(net, log, count, before, bad, c, dom, depth)
    return 0


@inner
def rule_pair(net, active, dom, reason, placed, dirty, log, count, depth, c, chosen):
    a, b = net.scope_at[c], net.scope_at[c + 1]
    for i in range(a, b):
        x = dom[net.scope[i]]
        if placed[net.scope[i]] or popcount(x) != 2:
            continue
        for j in range(i + 1, b):
            if dom[net.scope[j]] == x:
                chosen[0], chosen[1] = net.scope[i], net.scope[j]
                got = strike_others(net, active, dom, reason, placed, dirty, log, count, depth, c, PAIR, x, chosen, TWO)
                if got:
                    return got
    dirty[c] &= ~D_PAIR
    return 0


@inner
def rule_set(net, active, dom, reason, placed, dirty, log, count, depth, c, chosen):
    a, b = net.scope_at[c], net.scope_at[c + 1]
    for i in range(a, b):
        if placed[net.scope[i]]:
            continue
        for j in range(i + 1, b):
            xy = dom[net.scope[i]] | dom[net.scope[j]]
            if placed[net.scope[j]] or popcount(xy) > 4:
                continue
            for k in range(j + 1, b):
                xyz = xy | dom[net.scope[k]]
                if placed[net.scope[k]] or popcount(xyz) > 4:
                    continue
                chosen[0], chosen[1], chosen[2] = net.scope[i], net.scope[j], net.scope[k]
                if popcount(xyz) == 3:
                    got = strike_others(
                        net, active, dom, reason, placed, dirty, log, count, depth, c, SET, xyz, chosen, THREE
                    )
                    if got:
                        return got
                for m in range(k + 1, b):
                    all4 = xyz | dom[net.scope[m]]
                    if placed[net.scope[m]] or popcount(all4) != 4:
                        continue
                    chosen[3] = net.scope[m]
                    got = strike_others(
                        net, active, dom, reason, placed, dirty, log, count, depth, c, SET, all4, chosen, FOUR
                    )
                    if got:
                        return got
    if net.perm[c]:  # two values with the same two places
        values = net.full[c]
        while values:
            p = values & -values
            values ^= p
            rest = values
            while rest:
                q = rest & -rest
                rest ^= q
                many, ok = 0, True
                for j in range(a, b):
                    x = dom[net.scope[j]]
                    if x & (p | q):
                        if x & p == 0 or x & q == 0 or many == 2:
                            ok = False
                            break
                        chosen[many] = net.scope[j]
                        many += 1
                if not ok or many != 2:
                    continue
                before, bad = count[ROWS], 0
                for k in range(2):
                    bad = narrow(
                        net, active, dom, reason, placed, dirty, log, count, SET, c, NONE, chosen[k], ~(p | q), depth
                    )
                    if bad:
                        break
                if count[ROWS] > before or bad:
                    return finish(net, log, count, before, bad, c, dom, depth)
    dirty[c] &= ~D_SET
    return 0


@inner
def rule_twin(net, active, dom, reason, placed, dirty, log, count, depth, c):
    """Two lines (the halves of the scope) that agree in all places but one differ in that one."""
    dirty[c] &= ~D_BOUNDS
    a = net.scope_at[c]
    half = (net.scope_at[c + 1] - a) // 2
    opened, at = 0, -1
    for i in range(half):
        x, y = dom[net.scope[a + i]], dom[net.scope[a + half + i]]
        if x & y == 0:
            return 0
        if x != y or x & (x - 1):
            opened += 1
            at = i
            if opened > 1:
                return 0
    if opened == 0:
        return clash(log, count, c, NONE, depth)
    u, v = net.scope[a + at], net.scope[a + half + at]
    if dom[u] & (dom[u] - 1):
        if dom[v] & (dom[v] - 1):
            return 0
        u, v = v, u
    before = count[ROWS]
    bad = narrow(net, active, dom, reason, placed, dirty, log, count, TWIN, c, NONE, v, dom[u], depth)
    return finish(net, log, count, before, bad, c, dom, depth)


@inner
def rule_swapped(net, active, dom, reason, placed, dirty, log, count, depth, c):
    """A full line and one with two open cells, alike elsewhere and of equal total: the open cells are swapped."""
    dirty[c] &= ~D_LOCKED
    a = net.scope_at[c]
    half = (net.scope_at[c + 1] - a) // 2
    for side in range(2):
        first, second = a + side * half, a + (1 - side) * half  # first is the full line
        partner = net.args[net.arg_at[c] + 1 - side]  # the TOTAL of the second line
        if partner < 0 or not active[partner]:
            continue
        n, i, j, ok = 0, -1, -1, True
        for k in range(half):
            x, y = dom[net.scope[first + k]], dom[net.scope[second + k]]
            if x & (x - 1) or x & y == 0:
                ok = False
                break
            if x != y:
                n += 1
                i, j = j, k
        if not ok or n != 2:
            continue
        x, y = dom[net.scope[first + i]], dom[net.scope[first + j]]
        if x == y:
            continue
        before = count[ROWS]
        bad = narrow(
            net, active, dom, reason, placed, dirty, log, count, SWAPPED, c, partner, net.scope[second + i], x, depth
        )
        if bad == 0:
            bad = narrow(
                net, active, dom, reason, placed, dirty, log, count, SWAPPED, c, partner, net.scope[second + j], y,
                depth,
            )  # fmt: skip
        return finish(net, log, count, before, bad, c, dom, depth)
    return 0


@inner
def first_open(net, dom, c):
    """The first cell of a TOTAL with both candidates, or -1."""
    for j in range(net.scope_at[c], net.scope_at[c + 1]):
        if dom[net.scope[j]] == 3:
            return net.scope[j]
    return -1


@inner
def nest(net, active, dom, reason, placed, dirty, log, count, depth, c, w):
    """Strike what lies in w outside c, when what c still needs fills all the room of w and lies inside it."""
    if c == w or net.kind[c] != TOTAL or not net.perm[c] or not active[c]:
        return 0
    if net.kind[w] != TOTAL or not net.perm[w] or not active[w]:
        return 0
    need, room = net.args[net.arg_at[c]], net.args[net.arg_at[w] + 1]
    for j in range(net.scope_at[c], net.scope_at[c + 1]):
        if dom[net.scope[j]] == 2:
            need -= 1
    around = 0
    for j in range(net.scope_at[w], net.scope_at[w + 1]):
        x = dom[net.scope[j]]
        if x == 2:
            room -= 1
        elif x == 3:
            around += 1
    if need < 1 or room != need:
        return 0
    inside = 0
    for j in range(net.scope_at[c], net.scope_at[c + 1]):
        u = net.scope[j]
        if dom[u] == 3:
            found = False
            for k in range(net.scope_at[w], net.scope_at[w + 1]):
                if net.scope[k] == u:
                    found = True
                    break
            if not found:
                return 0
            inside += 1
    if inside == around:
        return 0
    before, bad = count[ROWS], 0
    for j in range(net.scope_at[w], net.scope_at[w + 1]):
        u = net.scope[j]
        if dom[u] != 3:
            continue
        shared = False
        for k in range(net.scope_at[c], net.scope_at[c + 1]):
            if net.scope[k] == u:
                shared = True
                break
        if not shared:
            bad = narrow(net, active, dom, reason, placed, dirty, log, count, NESTED, c, w, u, TWO, depth)
            if bad:
                break
    return finish(net, log, count, before, bad, c, dom, depth)


@inner
def rule_nested(net, active, dom, reason, placed, dirty, log, count, depth, c):
    """What a TOTAL of 0/1 cells still needs fills all the room of another that holds its open cells.

    c is tried as the inner and as the outer one, since a change of either can open the rule.
    """
    first = first_open(net, dom, c)
    if first >= 0:
        for i in range(net.var_at[first], net.var_at[first + 1]):
            got = nest(net, active, dom, reason, placed, dirty, log, count, depth, c, net.var_cons[i])
            if got:
                return got
        for j in range(net.scope_at[c], net.scope_at[c + 1]):
            u = net.scope[j]
            if dom[u] == 3:
                for i in range(net.var_at[u], net.var_at[u + 1]):
                    w = net.var_cons[i]
                    if w != c and net.kind[w] == TOTAL and first_open(net, dom, w) == u:
                        got = nest(net, active, dom, reason, placed, dirty, log, count, depth, w, c)
                        if got:
                            return got
    dirty[c] &= ~D_LOCKED
    return 0


@inner
def hard_rules(net, active, dom, reason, placed, dirty, log, count, depth, max_tier, chosen):
    """One step of the lowest rule of tier 3 or 4 that makes progress: -1 contradiction, 0 none, 1 progress."""
    for tier in range(3, max_tier + 1):
        for c in range(net.kind.shape[0]):
            if not active[c] or dirty[c] == 0:
                continue
            k = net.kind[c]
            got = 0
            if tier == 4:
                if k == DIFFERENT and dirty[c] & D_SET:
                    got = rule_set(net, active, dom, reason, placed, dirty, log, count, depth, c, chosen)
            elif k == DIFFERENT:
                if net.perm[c] and dirty[c] & D_LOCKED:
                    got = rule_locked(net, active, dom, reason, placed, dirty, log, count, depth, c)
                if got == 0 and dirty[c] & D_PAIR:
                    got = rule_pair(net, active, dom, reason, placed, dirty, log, count, depth, c, chosen)
            elif k == TOTAL:
                if net.perm[c] and dirty[c] & D_LOCKED:
                    got = rule_nested(net, active, dom, reason, placed, dirty, log, count, depth, c)
            elif k == UNLIKE and dirty[c] & D_LOCKED:
                got = rule_swapped(net, active, dom, reason, placed, dirty, log, count, depth, c)
            if got:
                if got > 0 and depth == 0 and tier > count[TOP]:
                    count[TOP] = tier
                return got
    return 0


@inner
def propagate(net, active, dom, reason, placed, dirty, log, count, depth, max_tier, target, scratch):
    """Apply rules up to max_tier (at most 4) until nothing moves. Returns -1 contradiction, 0 open, 1 solved.

    With target >= 0 the run ends as solved as soon as that cell is placed.
    """
    chosen = scratch.chosen
    nv, nc = dom.shape[0], net.kind.shape[0]
    while True:
        moved = True
        while moved:  # tier 0
            moved = False
            for v in range(nv):
                x = dom[v]
                if x == 0:
                    return clash(log, count, NONE, v, depth)
                if not placed[v] and x & (x - 1) == 0:
                    sid = count[STEPS]
                    write(log, count, ONLY, NONE, NONE, v, x, YES, depth)
                    u = put(net, active, dom, reason, placed, dirty, v, sid)
                    count[STEPS] += 1
                    if u >= 0:
                        return clash(log, count, NONE, u, depth)
                    moved = True
        if target >= 0 and placed[target]:
            return 1
        got = 0
        for tier in range(1, min(max_tier, 2) + 1):
            for c in range(nc):
                if not active[c] or dirty[c] == 0:
                    continue
                k = net.kind[c]
                if tier == 1:
                    if k == DIFFERENT:
                        if net.perm[c] and dirty[c] & D_PLACE:
                            got = rule_place(net, active, dom, reason, placed, dirty, log, count, depth, c)
                    elif k == TABLE:
                        if net.tier[c] == 1 and dirty[c] & D_SUPPORT:
                            got = rule_support(net, active, dom, reason, placed, dirty, log, count, depth, c, scratch)
                    elif k == UNLIKE:
                        if dirty[c] & D_BOUNDS:
                            got = rule_twin(net, active, dom, reason, placed, dirty, log, count, depth, c)
                    elif dirty[c] & D_BOUNDS:
                        got = rule_bounds(net, active, dom, reason, placed, dirty, log, count, depth, c)
                elif tier == 2:
                    if (k == TOTAL or k == TABLE) and net.tier[c] == 2 and dirty[c] & D_SUPPORT:
                        got = rule_support(net, active, dom, reason, placed, dirty, log, count, depth, c, scratch)
                if got:
                    break
            if got:
                if got > 0 and depth == 0 and tier > count[TOP]:
                    count[TOP] = tier
                break
        if got == 0 and max_tier > 2:
            got = hard_rules(net, active, dom, reason, placed, dirty, log, count, depth, max_tier, chosen)
        if got < 0:
            return -1
        if got == 0:
            for v in range(nv):
                if not placed[v]:
                    return 0
            return 1


# Propagation without a trace. The rules are monotone, so its end does not depend on the order in which they are
# applied: what a search, a supposition or the dropping of clues asks for is the same as `propagate` gives. Cells with
# one candidate wait to be placed, constraints of tier 1 wait in a queue.


@inner
def first_tier(flat, c):
    """The `dirty` bits of a constraint's rules of tier 1."""
    k = flat[flat[N_KIND] + c]
    if k == DIFFERENT:
        return D_PLACE if flat[flat[N_PERM] + c] else 0
    if k == TABLE:
        return D_SUPPORT if flat[flat[N_TIER] + c] == 1 else 0
    return D_BOUNDS


@inner
def rest(flat, state):
    """Nothing waits."""
    for c in range(flat[N_CONS]):
        state[state[S_IN_QUEUE] + c] = 0
        state[state[S_DIRTY] + c] = 0
    state[S_WAITING] = 0
    state[S_FRONT] = 0
    state[S_QUEUED] = 0
    many = flat[N_VARS]
    for v in range(flat[N_VARS]):
        many -= state[state[S_PLACED] + v]
    state[S_OPEN] = many


@inner
def enqueue(state, c):
    state[state[S_IN_QUEUE] + c] = 1
    at = state[S_FRONT] + state[S_QUEUED]
    if at >= state[S_ROOM]:
        at -= state[S_ROOM]
    state[state[S_QUEUE] + at] = c
    state[S_QUEUED] += 1


@inner
def wake(flat, state, c):
    """All rules have to look at c again."""
    state[state[S_DIRTY] + c] = D_ALL
    if not state[state[S_IN_QUEUE] + c] and first_tier(flat, c):
        enqueue(state, c)


@inner
def wait(state, v):
    """Cell v has one candidate and is to be placed."""
    state[state[S_FRESH] + state[S_WAITING]] = v
    state[S_WAITING] += 1


@inner
def begin(flat, state):
    """Nothing is placed; every constraint is to be looked at."""
    for v in range(flat[N_VARS]):
        state[state[S_PLACED] + v] = 0
    rest(flat, state)
    for c in range(flat[N_CONS]):
        if state[state[S_ACTIVE] + c]:
            wake(flat, state, c)
    for v in range(flat[N_VARS]):
        x = state[state[S_DOM] + v]
        if x & (x - 1) == 0:
            wait(state, v)


@inner
def cut(flat, state, v, mask):
    """Take `mask` out of cell v. False when nothing is left."""
    x = state[state[S_DOM] + v]
    left = x & ~mask
    if left == x:
        return True
    state[state[S_DOM] + v] = left
    for i in range(flat[flat[N_VAR_AT] + v], flat[flat[N_VAR_AT] + v + 1]):
        c = flat[flat[N_VAR_CONS] + i]
        if state[state[S_ACTIVE] + c]:
            wake(flat, state, c)
    if left & (left - 1) == 0:
        if left == 0:
            return False
        wait(state, v)
    return True


@inner
def quick_only(flat, state, v):
    """Place v and strike its value from its groups. False when a cell is left with nothing."""
    state[state[S_PLACED] + v] = 1
    state[S_OPEN] -= 1
    bit = state[state[S_DOM] + v]
    for i in range(flat[flat[N_VAR_AT] + v], flat[flat[N_VAR_AT] + v + 1]):
        c = flat[flat[N_VAR_CONS] + i]
        if flat[flat[N_KIND] + c] == DIFFERENT and state[state[S_ACTIVE] + c]:
            for j in range(flat[flat[N_SCOPE_AT] + c], flat[flat[N_SCOPE_AT] + c + 1]):
                u = flat[flat[N_SCOPE] + j]
                if state[state[S_DOM] + u] & bit and u != v and not cut(flat, state, u, bit):
                    return False
    return True


@inner
def quick_place(flat, state, c):
    a, b = flat[flat[N_SCOPE_AT] + c], flat[flat[N_SCOPE_AT] + c + 1]
    a += flat[N_SCOPE]
    b += flat[N_SCOPE]
    once, twice, done = 0, 0, 0
    for j in range(a, b):
        x = state[state[S_DOM] + flat[j]]
        twice |= once & x
        once |= x
        if state[state[S_PLACED] + flat[j]]:
            done |= x
    if once != flat[flat[N_FULL] + c]:
        return False
    alone = once & ~twice & ~done
    if alone == 0:
        return True
    for j in range(a, b):
        x = state[state[S_DOM] + flat[j]]
        bit = x & alone
        if bit & (bit - 1) or (bit and not cut(flat, state, flat[j], ~bit)):
            return False
    return True


@inner
def quick_count(flat, state, c):
    """BOUNDS of a plain TOTAL of 0/1 cells."""
    a, b = flat[flat[N_SCOPE_AT] + c] + flat[N_SCOPE], flat[flat[N_SCOPE_AT] + c + 1] + flat[N_SCOPE]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    least, most = 0, 0
    for j in range(a, b):
        x = state[state[S_DOM] + flat[j]]
        least += x == 2
        most += x > 1
    low, high = flat[p], flat[p + 1]
    if least > high or most < low:
        return False
    if least == most or (least < high and most > low):
        return True
    out = 2 if least == high else 1
    for j in range(a, b):
        if state[state[S_DOM] + flat[j]] == 3:
            cut(flat, state, flat[j], out)
    return True


@inner
def quick_bounds(flat, state, dom, c):
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    low, high, base = flat[p], flat[p + 1], flat[p + 2]
    least, most = range_of(flat, dom, c)
    for i in range(n):
        if least > high or most < low:
            return False
        if least >= low and most <= high:
            return True
        v = flat[at + i]
        x = dom[v]
        if x & (x - 1) == 0:
            continue
        coef = flat[p + 3 + i]
        lo, hi = (low_bit(x) + base) * coef, (high_bit(x) + base) * coef
        if coef < 0:
            lo, hi = hi, lo
        out = 0
        while x:
            term = (low_bit(x) + base) * coef
            if least - lo + term > high or most - hi + term < low:
                out |= x & -x
            x &= x - 1
        if out:
            if not cut(flat, state, v, out):
                return False
            least, most = range_of(flat, dom, c)
    return least <= high and most >= low


@inner
def quick_twin(flat, state, c):
    a = flat[flat[N_SCOPE_AT] + c]
    half = (flat[flat[N_SCOPE_AT] + c + 1] - a) // 2
    a += flat[N_SCOPE]
    at = -1
    for i in range(half):
        x, y = state[state[S_DOM] + flat[a + i]], state[state[S_DOM] + flat[a + half + i]]
        if x & y == 0:
            return True
        if x != y or x & (x - 1):
            if at >= 0:
                return True
            at = i
    if at < 0:
        return False
    u, v = flat[a + at], flat[a + half + at]
    x, y = state[state[S_DOM] + u], state[state[S_DOM] + v]
    if x & (x - 1) == 0:
        return cut(flat, state, v, x)
    if y & (y - 1) == 0:
        return cut(flat, state, u, y)
    return True


@inner
def quick_less(flat, state, c):
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    u, v, gap = flat[at], flat[at + 1], flat[flat[N_ARGS] + flat[flat[N_ARG_AT] + c]]
    top = high_bit(state[state[S_DOM] + v]) - gap
    if top < 0 or not cut(flat, state, u, ~((1 << (top + 1)) - 1)):
        return False
    return cut(flat, state, v, (1 << (low_bit(state[state[S_DOM] + u]) + gap)) - 1)


@inner
def quick_support(flat, state, masks, c):
    """Strike what `masks` lacks. What is left has support, so the rule need not look again."""
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    for i in range(n):
        if masks[i] == 0:
            return False
    for i in range(n):
        if not cut(flat, state, flat[at + i], ~masks[i]):
            return False
    state[state[S_DIRTY] + c] &= ~D_SUPPORT
    return True


@inner
def quick_first(flat, state, dom, masks, c):
    """The rule of tier 1 of constraint c. False when it cannot be met."""
    k = flat[flat[N_KIND] + c]
    if k == TABLE:
        rows_left(flat, dom, c, masks)
        return quick_support(flat, state, masks, c)
    state[state[S_DIRTY] + c] &= ~(D_PLACE | D_BOUNDS)
    if k == DIFFERENT:
        return quick_place(flat, state, c)
    if k == LESS:
        return quick_less(flat, state, c)
    if k == UNLIKE:
        return quick_twin(flat, state, c)
    if flat[flat[N_PERM] + c]:
        return quick_count(flat, state, c)
    return quick_bounds(flat, state, dom, c)


@inner
def entailed(flat, dom, c):
    """True when constraint c holds whatever the open cells become; False is no promise."""
    at = flat[N_SCOPE] + flat[flat[N_SCOPE_AT] + c]
    p = flat[N_ARGS] + flat[flat[N_ARG_AT] + c]
    k = flat[flat[N_KIND] + c]
    if k == LESS:
        return high_bit(dom[flat[at]]) + flat[p] <= low_bit(dom[flat[at + 1]])
    if k == TOTAL:
        least, most = range_of(flat, dom, c)
        return least >= flat[p] and most <= flat[p + 1]
    if k != TABLE:
        return False
    n = flat[flat[N_SCOPE_AT] + c + 1] - flat[flat[N_SCOPE_AT] + c]
    t, rows, values = flat[N_TUPLES] + flat[p], flat[p + 1], flat[p + 2]
    ways = 1
    for i in range(n):
        x = dom[flat[at + i]]
        ways *= popcount(x)
        if x >> values or ways > rows:
            return False
    x = dom[flat[at]]
    if n == 1:
        return x & ~flat[t] == 0
    if n == 2:
        while x:
            if dom[flat[at + 1]] & ~flat[t + low_bit(x)]:
                return False
            x &= x - 1
        return True
    if n == 3:
        while x:
            y = dom[flat[at + 1]]
            while y:
                if dom[flat[at + 2]] & ~flat[t + low_bit(x) * values + low_bit(y)]:
                    return False
                y &= y - 1
            x &= x - 1
        return True
    if n * values > 64:
        return False
    allowed = 0
    for i in range(n):
        allowed |= dom[flat[at + i]] << (i * values)
    for r in range(t, t + rows):
        if flat[r] & ~allowed == 0:
            ways -= 1
    return ways == 0


@inner
def quick_hard(net, state, reason, log, count, max_tier, chosen):
    """One step of a rule of tier 3 or 4: -1 contradiction, 0 none, 1 progress."""
    count[ROWS], count[STEPS] = 0, 0
    flat = net.flat
    nv, nc = flat[N_VARS], flat[N_CONS]
    dom, placed = state[state[S_DOM] : state[S_DOM] + nv], state[state[S_PLACED] : state[S_PLACED] + nv]
    dirty, active = state[state[S_DIRTY] : state[S_DIRTY] + nc], state[state[S_ACTIVE] : state[S_ACTIVE] + nc]
    got = hard_rules(net, active, dom, reason, placed, dirty, log, count, OUTER, max_tier, chosen)
    if got > 0:
        for c in range(nc):
            if active[c] and not state[state[S_IN_QUEUE] + c] and dirty[c] & first_tier(flat, c):
                enqueue(state, c)
        state[S_OPEN] = 0
        for v in range(nv):
            if not placed[v]:
                state[S_OPEN] += 1
                if dom[v] & (dom[v] - 1) == 0:
                    wait(state, v)
    return got


@inner
def quick_second(flat, state, dom, masks, sums, reach, back):
    """SUPPORT of tier 2 until something has to be looked at again. False at a contradiction."""
    for c in range(flat[N_CONS]):
        if state[state[S_DIRTY] + c] & D_SUPPORT and flat[flat[N_TIER] + c] == 2 and state[state[S_ACTIVE] + c]:
            k = flat[flat[N_KIND] + c]
            if k == TABLE or k == TOTAL:
                state[state[S_DIRTY] + c] &= ~D_SUPPORT
                if not supports(flat, dom, c, masks, sums, reach, back):
                    continue
                if not quick_support(flat, state, masks, c):
                    return False
                if state[S_WAITING] > 0 or state[S_QUEUED] > 0:
                    return True
    return True


@inner
def quick(net, state, reason, log, count, tools, max_tier, cell, clue, sure):
    """What `propagate` would end with: -1 contradiction, 0 open, 1 solved. What waits is where it starts.

    With `sure` the problem has a solution that obeys everything, so the run ends when every cell is placed; it
    ends as solved, too, as soon as the given cell is placed or the constraint `clue` holds by itself.
    """
    flat, chosen, reach, back = net.flat, tools.chosen, tools.reach, tools.back
    dom = state[state[S_DOM] : state[S_DOM] + flat[N_VARS]]
    masks, sums = state[state[S_MASKS] : state[S_SUMS]], state[state[S_SUMS] :]
    while True:
        while state[S_WAITING] > 0:
            state[S_WAITING] -= 1
            v = state[state[S_FRESH] + state[S_WAITING]]
            if dom[v] == 0:
                return -1
            if not state[state[S_PLACED] + v] and not quick_only(flat, state, v):
                return -1
        if sure and (state[S_OPEN] == 0 or (cell >= 0 and state[state[S_PLACED] + cell])):
            return 1
        if state[S_QUEUED] > 0:
            c = state[state[S_QUEUE] + state[S_FRONT]]
            state[S_FRONT] += 1
            if state[S_FRONT] == state[S_ROOM]:
                state[S_FRONT] = 0
            state[S_QUEUED] -= 1
            state[state[S_IN_QUEUE] + c] = 0
            if not quick_first(flat, state, dom, masks, c):
                return -1
            continue
        if clue >= 0 and entailed(flat, dom, clue):
            return 1
        if max_tier >= 2:
            if not quick_second(flat, state, dom, masks, sums, reach, back):
                return -1
            if state[S_WAITING] > 0 or state[S_QUEUED] > 0:
                continue
        if max_tier >= 3:
            got = quick_hard(net, state, reason, log, count, max_tier, chosen)
            if got < 0:
                return -1
            if got > 0:
                continue
        return 1 if state[S_OPEN] == 0 else 0


@inner
def tried(net, state, reason, log, count, tools, v, bit, further):
    """Where the supposed value leads by rules up to tier 2: -1 contradiction, 0 open, 1 solved. The state is as before.

    With `further` more values are supposed where it is open, as long as nothing contradicts: 1 is then a solution
    with the value, 0 is no promise.
    """
    flat, saved = net.flat, tools.saved
    nv, d, p = flat[N_VARS], state[S_DOM], state[S_PLACED]
    saved[0, :] = state[d : d + nv]
    saved[1, :] = state[p : p + nv]
    rest(flat, state)
    got = -1
    if cut(flat, state, v, ~bit):
        got = quick(net, state, reason, log, count, tools, INNER_TIER, NONE, NONE, NO)
    end = got
    while further and end == 0:
        best, at = 99, -1
        for u in range(nv):
            many = popcount(state[d + u])
            if 1 < many < best:
                best, at = many, u
        if not cut(flat, state, at, state[d + at] & (state[d + at] - 1)):
            break
        end = quick(net, state, reason, log, count, tools, INNER_TIER, NONE, NONE, NO)
    state[d : d + nv] = saved[0]
    state[p : p + nv] = saved[1]
    return 1 if end == 1 else got


@inner
def closure(net, state, reason, log, count, tools, max_tier, cell, clue, sure, truth):
    """`quick`, with suppositions at tier 5: the end of `solve` without its log.

    `truth` holds the masks of a solution if one is known: nothing refutes those. Else zeros.
    """
    got = quick(net, state, reason, log, count, tools, min(max_tier, FOUR), cell, clue, sure)
    if got != 0 or max_tier < SUPPOSE_TIER:
        return got
    flat = net.flat
    nv = flat[N_VARS]
    v, since = 0, 0  # the cell whose values are tried next, and for how many cells nothing has moved
    dives = DIVES
    while since < nv:
        todo, moved = state[state[S_DOM] + v] & ~truth[v], False
        while todo:
            bit = todo & -todo
            todo ^= bit
            now = state[state[S_DOM] + v]
            if now == bit or now & bit == 0:
                continue
            end = tried(net, state, reason, log, count, tools, v, bit, YES if dives > 0 and truth[v] else NO)
            if end > 0 and truth[v]:
                return 0  # another solution, which no rule can refute
            if end >= 0:
                dives -= 1
                continue
            moved = True
            rest(flat, state)
            if not cut(flat, state, v, bit):
                return -1
            got = quick(net, state, reason, log, count, tools, FOUR, cell, clue, sure)
            if got != 0:
                return got
        since = 0 if moved else since + 1
        v = v + 1 if v + 1 < nv else 0
    return 0


@inner
def mark_less(net, reason, need, limit, c, v, mask, is_placed):
    """Of a LESS, only the values that reach beyond what was struck count; a placement rests on its own cell too."""
    nval = reason.shape[1]
    a, gap = net.scope_at[c], net.args[net.arg_at[c]]
    lesser = net.scope[a] == v
    other = net.scope[a + 1] if lesser else net.scope[a]
    for k in range(nval):
        s = reason[v, k]
        if s == limit or (not is_placed and (mask >> k) & 1):
            for m in range(nval):
                if (lesser and m >= k + gap) or (not lesser and m <= k - gap):
                    t = reason[other, m]
                    if 0 <= t < limit:
                        need[t] = 1
        elif is_placed and 0 <= s < limit:
            need[s] = 1


@inner
def mark_from(net, reason, need, limit, rule, c, c2, v, mask, is_placed):
    """Mark the steps before `limit` that a claim rests on: the reasons of the values it takes to be gone."""
    nval = reason.shape[1]
    if rule == ONLY or (rule == CLASH and c < 0):
        for k in range(nval):
            s = reason[v, k]
            if 0 <= s < limit:
                need[s] = 1
        return
    if rule == PLACE:
        for j in range(net.scope_at[c], net.scope_at[c + 1]):
            u = net.scope[j]
            if u != v:
                s = reason[u, low_bit(mask)]
                if 0 <= s < limit:
                    need[s] = 1
        return
    if rule == LOCKED:
        # The struck value is one bit; when the strike left one candidate the row holds that candidate instead.
        for j in range(net.scope_at[c], net.scope_at[c + 1]):
            u = net.scope[j]
            for k in range(nval):
                if is_placed or (mask >> k) & 1:
                    s = reason[u, k]
                    if 0 <= s < limit:
                        need[s] = 1
        if is_placed:
            for k in range(nval):
                s = reason[v, k]
                if 0 <= s < limit:
                    need[s] = 1
        return
    if rule == BOUNDS and net.kind[c] == LESS:
        mark_less(net, reason, need, limit, c, v, mask, is_placed)
        return
    if rule == NESTED:
        for j in range(net.scope_at[c2], net.scope_at[c2 + 1]):
            u = net.scope[j]
            for k in range(nval):
                s = reason[u, k]
                if 0 <= s < limit:
                    need[s] = 1
    for j in range(net.scope_at[c], net.scope_at[c + 1]):
        u = net.scope[j]
        for k in range(nval):
            s = reason[u, k]
            if 0 <= s < limit:
                need[s] = 1


@inner
def suppose(net, active, dom, reason, placed, dirty, log, count, scratch):
    """Rule SUPPOSE: the first cell and value whose supposition clashes by rules up to tier 2; strike it."""
    nv = dom.shape[0]
    d2, r2, p2, y2 = scratch.dom, scratch.reason, scratch.placed, scratch.dirty
    state = scratch.state
    state[state[S_DOM] : state[S_DOM] + nv] = dom
    state[state[S_PLACED] : state[S_PLACED] + nv] = placed
    state[state[S_ACTIVE] : state[S_ACTIVE] + active.shape[0]] = active
    most = 0
    for v in range(nv):
        most = max(most, popcount(dom[v]))
    for size in range(2, most + 1):
        for v in range(nv):
            if popcount(dom[v]) != size or placed[v]:
                continue
            todo = dom[v]
            while todo:
                bit = todo & -todo
                todo ^= bit
                if tried(net, state, reason, log, count, scratch.tools, v, bit, NO) >= 0:
                    continue
                d2[:] = dom
                r2[:, :] = reason
                p2[:] = placed
                y2[:] = 0
                rows, steps = count[ROWS], count[STEPS]
                sid = steps
                write(log, count, SUPPOSE, NONE, NONE, v, bit, NO, OUTER)
                strike(net, d2, r2, y2, v, ~bit, sid)
                u = put(net, active, d2, r2, p2, y2, v, sid)
                count[STEPS] += 1
                if u >= 0:
                    clash(log, count, NONE, u, INNER)
                    end = -1
                else:
                    end = propagate(net, active, d2, r2, p2, y2, log, count, INNER, INNER_TIER, NONE, scratch)
                if end < 0:
                    if count[ROWS] > log.shape[0]:
                        return -2
                    prune(net, r2, log, count, rows, steps, scratch)
                    count[TOP] = SUPPOSE_TIER
                    left = dom[v] & ~bit
                    strike(net, dom, reason, dirty, v, bit, sid)
                    if left & (left - 1) == 0:
                        # The struck value is the claim; the placement is a step of its own (rule ONLY).
                        pass
                    return 1
                count[ROWS], count[STEPS] = rows, steps
    return 0


@inner
def prune(net, reason, log, count, first_row, first_sid, scratch):
    """Keep, of a supposition's log, only the rows that its contradiction rests on; renumber their steps."""
    need = scratch.need
    for s in range(first_sid, count[STEPS]):
        need[s] = 0
    last = count[ROWS] - 1
    need[log[last, SID]] = 1
    r = last
    while r > first_row:
        if need[log[r, SID]]:
            mark_from(
                net,
                reason,
                need,
                log[r, SID],
                log[r, RULE],
                log[r, CON],
                log[r, CON2],
                log[r, VAR],
                log[r, MASK],
                log[r, PLACED],
            )
        r -= 1
    # Outer steps that the sub-proof rests on were marked in `need` too; they are marked again by the slice.
    out = first_row + 1
    sid = first_sid
    previous = -1
    for r in range(first_row + 1, count[ROWS]):
        if need[log[r, SID]]:
            if log[r, SID] != previous:
                previous = log[r, SID]
                sid += 1
            for k in range(WIDTH):
                log[out, k] = log[r, k]
            log[out, SID] = sid
            out += 1
    count[ROWS] = out
    count[STEPS] = sid + 1


@nb.njit(cache=True)
def solve(net, active, dom, reason, placed, dirty, log, count, max_tier, target, scratch):
    """Deduce with rules up to max_tier. Returns -1 contradiction, 0 stuck, 1 solved; count[TOP] is the tier.

    With target >= 0 the run ends as solved as soon as that cell is placed.
    """
    dirty[:] = D_ALL
    start = scratch.start
    start[:] = dom
    for v in range(dom.shape[0]):  # what is given needs no step
        x = dom[v]
        if x == 0:
            return clash(log, count, NONE, v, OUTER)
        if not placed[v] and x & (x - 1) == 0 and start[v] == x:
            u = put(net, active, dom, reason, placed, dirty, v, NONE)
            if u >= 0:
                return clash(log, count, NONE, u, OUTER)
    while True:
        got = propagate(
            net, active, dom, reason, placed, dirty, log, count, OUTER, min(max_tier, FOUR), target, scratch
        )
        if got != 0 or max_tier < SUPPOSE_TIER:
            return got
        got = suppose(net, active, dom, reason, placed, dirty, log, count, scratch)
        if got == 0:
            return 0
        if got < 0:
            return 0


@nb.njit(cache=True)
def slice_rows(net, reason, log, count, need):
    """need[sid] = 1 for every step that some placement rests on (all placements are wanted)."""
    rows = count[ROWS]
    for s in range(count[STEPS]):
        need[s] = 0
    for r in range(rows):
        if log[r, DEPTH] == 0 and log[r, PLACED]:
            need[log[r, SID]] = 1
    outer = -1
    for r in range(rows - 1, -1, -1):
        if log[r, DEPTH] == 1:
            continue
        sid = log[r, SID]
        if not need[sid]:
            continue
        if log[r, RULE] == SUPPOSE:
            k = r + 1
            while k < rows and log[k, DEPTH] == 1:
                mark_from(
                    net,
                    reason,
                    need,
                    sid,
                    log[k, RULE],
                    log[k, CON],
                    log[k, CON2],
                    log[k, VAR],
                    log[k, MASK],
                    log[k, PLACED],
                )
                k += 1
        else:
            mark_from(
                net,
                reason,
                need,
                sid,
                log[r, RULE],
                log[r, CON],
                log[r, CON2],
                log[r, VAR],
                log[r, MASK],
                log[r, PLACED],
            )
        outer = sid
    return outer


@inner
def tightest(net, active, dom, otherwise):
    """The first open cell of the plain TOTAL that still needs something and has the fewest open cells."""
    fewest, at = 1 << 30, otherwise
    for c in range(net.kind.shape[0]):
        if net.kind[c] != TOTAL or not net.perm[c] or not active[c]:
            continue
        need, many, first = net.args[net.arg_at[c]], 0, -1
        for j in range(net.scope_at[c], net.scope_at[c + 1]):
            x = dom[net.scope[j]]
            if x == 2:
                need -= 1
            elif x == 3:
                many += 1
                if first < 0:
                    first = net.scope[j]
        if need > 0 and first >= 0 and many < fewest:
            fewest, at = many, first
    return at


@nb.njit(cache=True)
def search(net, active, dom0, limit, max_nodes, order, found, log, count, stack, stack_reason, scratch):
    """Count solutions up to `limit` by complete search with rules up to tier 1 and table support.

    Branches on the smallest domain (lowest index first; of cells with two candidates, one of the tightest plain
    TOTAL); values in the order of `order` (a permutation of
    value indices). found[i] receives the i-th solution as masks. Returns the count, or -1 past max_nodes.
    count[NODES] is the number of decisions: the `search` of Hardness.
    """
    nv, flat, state = dom0.shape[0], net.flat, scratch.state
    n, top, nodes = 0, 1, 0
    stack[0, :] = dom0
    branch = scratch.branch
    branch[0] = -1
    state[state[S_ACTIVE] : state[S_ACTIVE] + active.shape[0]] = active
    dom = state[state[S_DOM] : state[S_DOM] + nv]
    while top > 0:
        top -= 1
        dom[:] = stack[top]
        at = branch[top]
        if at < 0:
            begin(flat, state)
        else:  # the other cells are as propagation left them
            for v in range(nv):
                state[state[S_PLACED] + v] = dom[v] & (dom[v] - 1) == 0
            state[state[S_PLACED] + at] = 0
            rest(flat, state)
            wait(state, at)
            for i in range(net.var_at[at], net.var_at[at + 1]):
                if active[net.var_cons[i]]:
                    wake(flat, state, net.var_cons[i])
        got = quick(net, state, stack_reason, log, count, scratch.tools, INNER_TIER, NONE, NONE, NO)
        if got < 0:
            continue
        if got == 1:
            if n < found.shape[0]:
                found[n, :] = dom
            n += 1
            if n >= limit:
                break
            continue
        nodes += 1
        if nodes > max_nodes:
            count[NODES] = nodes
            return -1
        best, at = 99, -1
        for v in range(nv):
            p = popcount(dom[v])
            if 1 < p < best:
                best, at = p, v
        if best == 2:
            at = tightest(net, active, dom, at)
        for i in range(order.shape[0] - 1, -1, -1):
            bit = 1 << order[i]
            if dom[at] & bit:
                if top >= stack.shape[0]:
                    count[NODES] = nodes
                    return -1
                stack[top, :] = dom
                stack[top, at] = bit
                branch[top] = at
                top += 1
    count[NODES] = nodes
    return n


@nb.njit(cache=True)
def closes(net, active, domains, reason, log, count, max_tier, scratch):
    """What `solve` would return, without its log."""
    state, flat = scratch.state, net.flat
    state[state[S_ACTIVE] : state[S_ACTIVE] + active.shape[0]] = active
    state[state[S_DOM] : state[S_DOM] + flat[N_VARS]] = domains
    begin(flat, state)
    scratch.start[:] = 0
    return closure(net, state, reason, log, count, scratch.tools, max_tier, NONE, NONE, NO, scratch.start)


@nb.njit(cache=True)
def thin(net, active, full, sol, clue_kind, clue_at, order, keep, floor, max_tier, reason, log, count, scratch):
    """Drop clues in `order`, one at a time, while rules up to max_tier still solve; never below `floor` clues.

    A clue is a given cell (clue_kind 0, clue_at = cell) or a constraint (clue_kind 1). `keep` (out) flags the
    clues that stand; `sol` are the masks of a solution that obeys all of them. Active constraints that are no clue
    hold.
    Returns the number of clues kept, or -1 when even all of them do not solve.

    Whether a clue can go is asked in a state where the clues kept so far and all later ones have been used. Such
    states are shared: the state of a block of clues has used everything outside the block, and is the start for
    the states of its two halves. A clue goes, too, as soon as the others place its cell or imply it, since all
    clues together solve. What is dropped is the same as with a run from the beginning for each clue.
    """
    n, nv, flat, tools, state = order.shape[0], full.shape[0], net.flat, scratch.tools, scratch.state
    low, high, phase = scratch.low, scratch.high, scratch.phase
    kept_dom, kept_placed = scratch.dom_of, scratch.placed_of
    d, p, on = state[S_DOM], state[S_PLACED], state[S_ACTIVE]
    # Everything together, then everything but the clues in `order`.
    state[on : on + flat[N_CONS]] = active
    got = 0
    for together in (True, False):
        keep[:] = 1
        if not together:
            for i in range(n):
                keep[order[i]] = 0
        state[d : d + nv] = full
        for i in range(keep.shape[0]):
            if clue_kind[i] == 1:
                state[on + clue_at[i]] = keep[i]
            elif keep[i]:
                state[d + clue_at[i]] = sol[clue_at[i]]
        begin(flat, state)
        tier = max_tier if together else min(max_tier, FOUR)
        got = closure(net, state, reason, log, count, tools, tier, NONE, NONE, YES, sol)
        if together and got != 1:
            return -1
    keep[:] = 1
    kept_dom[0, :] = state[d : d + nv]
    kept_placed[0, :] = state[p : p + nv]
    # phase 0, 2: the left, the right half of the block is next; 3: both are done; 1: the rest implies the block
    depth, alive = 0, n
    low[0], high[0], phase[0] = 0, n, 1 if got == 1 else 0
    while depth >= 0 and alive > floor:
        a, b = low[depth], high[depth]
        middle = (a + b) // 2
        if phase[depth] == 1:
            for i in range(a, b):
                if alive > floor:
                    keep[order[i]] = 0
                    alive -= 1
            depth -= 1
            continue
        if phase[depth] == 3 or b - a <= 1:
            depth -= 1
            continue
        left = phase[depth] == 0
        phase[depth] = 2 if left else 3
        if left:
            first, last, used, end = a, middle, middle, b
        else:
            first, last, used, end = middle, b, a, middle
        cell, clue = NONE, NONE
        if last - first == 1:
            if clue_kind[order[first]] == 0:
                cell = clue_at[order[first]]
            else:
                clue = clue_at[order[first]]
        for i in range(first, last):
            if clue_kind[order[i]] == 1:
                state[on + clue_at[order[i]]] = 0
        state[d : d + nv] = kept_dom[depth]
        state[p : p + nv] = kept_placed[depth]
        rest(flat, state)
        for i in range(used, end):
            c = order[i]
            if clue_kind[c] == 1:
                state[on + clue_at[c]] = keep[c]
                if keep[c]:
                    wake(flat, state, clue_at[c])
            elif keep[c]:
                cut(flat, state, clue_at[c], ~sol[clue_at[c]])
        if clue >= 0 and entailed(flat, state[d : d + nv], clue):
            got = 1
        else:
            tier = max_tier if last - first == 1 else min(max_tier, FOUR)
            got = closure(net, state, reason, log, count, tools, tier, cell, clue, YES, sol)
        depth += 1
        low[depth], high[depth], phase[depth] = first, last, 1 if got == 1 else 0
        kept_dom[depth, :] = state[d : d + nv]
        kept_placed[depth, :] = state[p : p + nv]
    return alive


# Minesweeper: a network with one TOTAL for every cell, whose scope is the cells around it; those of open cells hold.


@inner
def effort_of(log, count):
    """The `effort` of Hardness, of the rows logged."""
    effort, sid, depth = 0, -1, -1
    for r in range(min(count[ROWS], log.shape[0])):
        if log[r, SID] != sid or log[r, DEPTH] != depth:
            sid, depth = log[r, SID], log[r, DEPTH]
            effort += WEIGHT[log[r, RULE]] if depth == 0 else 1
    return effort


@inner
def opened_from(net, first, opened, seen, todo):
    """opened = the cells of `first` and all around every open 0. True when that is a change."""
    top = 0
    for v in range(first.shape[0]):
        seen[v] = first[v]
        if first[v]:
            todo[top] = v
            top += 1
    while top > 0:
        top -= 1
        c = todo[top]
        if net.args[net.arg_at[c]] == 0:
            for j in range(net.scope_at[c], net.scope_at[c + 1]):
                u = net.scope[j]
                if not seen[u]:
                    seen[u] = 1
                    todo[top] = u
                    top += 1
    changed = False
    for v in range(first.shape[0]):
        changed = changed or seen[v] != opened[v]
        opened[v] = seen[v]
    return changed


@nb.njit(cache=True)
def layouts(net, active, dom, log, count, stack, stack_reason, scratch, order, shown):
    """Layouts that between them show both values of each cell left open in `dom` that an active TOTAL holds.

    Cells that none holds are 0 in all of them. shown[i] receives the i-th layout as masks. Returns how many there
    are, or -1 when some cell has one value only.
    """
    nv, n = dom.shape[0], 0
    masks, seen = np.empty(nv, np.int64), np.zeros(nv, np.int64)
    touched = np.zeros(nv, np.int64)
    for c in range(net.kind.shape[0]):
        if active[c]:
            for j in range(net.scope_at[c], net.scope_at[c + 1]):
                touched[net.scope[j]] = 1
    for v in range(nv):
        while touched[v] and dom[v] == 3 and seen[v] != 3:
            masks[:] = dom
            for u in range(nv):
                if not touched[u]:
                    masks[u] = 1
            masks[v] = 3 & ~seen[v] if seen[v] else 1
            if (
                search(net, active, masks, ONE, MANY, order, shown[n : n + 1], log, count, stack, stack_reason, scratch)
                != 1
            ):
                return -1
            for u in range(nv):
                seen[u] |= shown[n, u]
            n += 1
    return n


@nb.njit(cache=True)
def uncover(
    net,
    active,
    dom,
    reason,
    placed,
    dirty,
    log,
    count,
    stack,
    stack_reason,
    scratch,
    order,
    shown,
    opened,
    first,
    flips,
    least,
    max_tier,
    work,
    fewest,
):
    """Open and cover safe cells of a minesweeper layout until what is certain takes enough work to find.

    `first` are the cells open at first, `flips` the cells to open or cover in turn; a turn that lowers the effort
    is taken back. True when the open cells (in `opened`) ask for a tier of least..max_tier and an effort of
    `work`, and rules up to max_tier find all that is certain: at least `fewest` cells, of both kinds.
    """
    nv, best = dom.shape[0], -1
    seen, todo = np.zeros(nv, np.int64), np.zeros(nv, np.int64)
    opened[:] = 0
    for t in range(-1, flips.shape[0]):
        if t >= 0:
            first[flips[t]] = 1 - first[flips[t]]
        if not opened_from(net, first, opened, seen, todo) and t >= 0:
            continue
        for v in range(nv):
            dom[v] = 1 if opened[v] else 3
            active[v] = opened[v]
        reason[:, :] = -1
        placed[:] = 0
        count[:] = 0
        solve(net, active, dom, reason, placed, dirty, log, count, max_tier, NONE, scratch)
        effort = effort_of(log, count)
        if effort < best:
            first[flips[t]] = 1 - first[flips[t]]
            opened_from(net, first, opened, seen, todo)
            continue
        best = effort
        if effort < work or not least <= count[TOP] <= max_tier:
            continue
        safe, mined = 0, 0
        for v in range(nv):
            safe += dom[v] == 1 and not opened[v]
            mined += dom[v] == 2
        if safe + mined < fewest or safe == 0 or mined == 0:
            continue
        if layouts(net, active, dom, log, count, stack, stack_reason, scratch, order, shown) >= 0:
            return True
    return False


# Star battle: a network whose first TOTALs are the regions, which can be drawn anew in place: their cells together
# are all cells, and each cell is in one of them, so no part changes its length.


@inner
def drawn(state):
    """splitmix64: the next state and a draw of 0 to 2**31 - 1."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    x = state
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, np.int64((x ^ (x >> np.uint64(31))) >> np.uint64(33))


@inner
def draw_regions(net, side, label, rank):
    """The first `side` constraints hold the cells of the regions, in order of first cell; label[v] is v's region."""
    stars, place = net.args[0], net.scope_at[0]
    rank[:side] = -1
    n = 0
    for first in range(side * side):
        region = label[first]
        if rank[region] >= 0:
            continue
        rank[region] = n
        net.scope_at[n] = place
        p = place + 3 * n
        net.arg_at[n] = p
        net.args[p], net.args[p + 1], net.args[p + 2] = stars, stars, 0
        for v in range(first, side * side):
            if label[v] == region:
                net.scope[place] = v
                net.args[p + 3 + place - net.scope_at[n]] = 1
                net.var_cons[net.var_at[v]] = n
                place += 1
        n += 1


@inner
def beside(side, v, k):
    """The k-th of the four cells around v, or -1 at the border."""
    r, c = v // side, v % side
    if k == 0:
        return v - side if r > 0 else -1
    if k == 1:
        return v - 1 if c > 0 else -1
    if k == 2:
        return v + 1 if c < side - 1 else -1
    return v + side if r < side - 1 else -1


@inner
def spared(side, label, v, seen, todo):
    """True when the region of cell v stays in one piece without it."""
    total, top = 0, 0
    for u in range(side * side):
        seen[u] = u == v or label[u] != label[v]
        total += not seen[u]
    for k in range(4):
        u = beside(side, v, k)
        if u >= 0 and not seen[u]:
            seen[u] = 1
            todo[0], top = u, 1
            break
    many = top
    while top > 0:
        top -= 1
        w = todo[top]
        for k in range(4):
            u = beside(side, w, k)
            if u >= 0 and not seen[u]:
                seen[u] = 1
                todo[top] = u
                top += 1
                many += 1
    return many == total and total > 0


@inner
def given_away(side, label, v, turn, seen, todo):
    """The region of a neighbour that cell v may go to, the turn-th in a circle the first to be asked; or -1."""
    for k in range(4):
        u = beside(side, v, (k + turn) % 4)
        if u >= 0 and label[u] != label[v]:
            return label[u] if spared(side, label, v, seen, todo) else -1
    return -1


@inner
def differing(found, hidden, n):
    """Which of the n solutions is not the hidden one, or -1."""
    for i in range(n):
        for v in range(hidden.shape[0]):
            if found[i, v] != hidden[v] + 1:
                return i
    return -1


@nb.njit(cache=True)
def grow(side, seeds, pace, seed):
    """The patch of each cell: patches grow from the seeds, each at its pace, until the grid is full."""
    patches, state = seeds.shape[0], np.uint64(seed)
    label = np.full(side * side, -1, np.int64)
    border = np.zeros((patches, 4 * side * side), np.int64)
    many = np.zeros(patches, np.int64)
    left = side * side - patches
    for p in range(patches):
        label[seeds[p]] = p
    grown = -1
    while True:
        for p in range(patches):  # at first every seed, then the patch that has grown
            if grown < 0 or grown == p:
                v = seeds[p]
                for k in range(4):
                    u = beside(side, v, k)
                    if u >= 0 and label[u] < 0:
                        border[p, many[p]] = u
                        many[p] += 1
        grown = -1
        while grown < 0:
            if left == 0:
                return label
            total = 0.0
            for p in range(patches):
                if many[p] > 0:
                    total += pace[p]
            state, x = drawn(state)
            share, last = total * x / 2147483648.0, -1
            for p in range(patches):
                if many[p] > 0:
                    last = p
                    share -= pace[p]
                    if share < 0:
                        break
            state, x = drawn(state)
            at = x % many[last]
            v = border[last, at]
            many[last] -= 1
            border[last, at] = border[last, many[last]]
            if label[v] < 0:
                label[v] = last
                seeds[last] = v
                grown = last
                left -= 1


@inner
def share_sets(side, label, lines, barred):
    """Cells as two sets of 50 bits: lines[i] are those of row, column or region i, barred[v] those that v bars."""
    lines[:, :] = 0
    for v in range(side * side):
        word, bit = v // 50, np.int64(1) << (v % 50)
        lines[v // side, word] |= bit
        lines[side + v % side, word] |= bit
        lines[2 * side + label[v], word] |= bit
    for v in range(side * side):
        r, c = v // side, v % side
        for word in range(2):
            barred[v, word] = lines[r, word] | lines[side + c, word] | lines[2 * side + label[v], word]
        for u in (v - side - 1, v - side + 1, v + side - 1, v + side + 1):
            if 0 <= u < side * side and abs(u % side - c) == 1:
                barred[v, u // 50] |= np.int64(1) << (u % 50)


@inner
def rival(side, label, hidden, at, lines, barred, stack, out):
    """True when one star a line can stand otherwise than hidden, and in cell `at` if that is a cell; `out` is how."""
    share_sets(side, label, lines, barred)
    mine, his = np.int64(0), np.int64(0)
    for v in range(side * side):
        if hidden[v]:
            if v < 50:
                mine |= np.int64(1) << v
            else:
                his |= np.int64(1) << (v - 50)
    every = np.int64((1 << (3 * side)) - 1)
    stack[0, 0], stack[0, 1] = (1 << 50) - 1, (1 << 50) - 1  # cells still free, lines served, stars
    stack[0, 2], stack[0, 3], stack[0, 4] = 0, 0, 0
    top = 1
    while top > 0:
        top -= 1
        low, high, served, stars, more = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3], stack[top, 4]
        if served == every:
            if stars != mine or more != his:
                for v in range(side * side):
                    out[v] = (stars >> v) & 1 if v < 50 else (more >> (v - 50)) & 1
                return True
            continue
        if at >= 0:
            first, second = np.int64(0), np.int64(0)
            if at < 50:
                first = np.int64(1) << at
            else:
                second = np.int64(1) << (at - 50)
            at = -1
        else:
            fewest, first, second = 99, np.int64(0), np.int64(0)
            for i in range(3 * side):
                if not (served >> i) & 1:
                    a, b = lines[i, 0] & low, lines[i, 1] & high
                    n = popcount(a) + popcount(b)
                    if n < fewest:
                        fewest, first, second = n, a, b
                        if n == 0:
                            break
        while first or second:
            if first:
                v = low_bit(first)
                first &= first - 1
            else:
                v = 50 + low_bit(second)
                second &= second - 1
            stack[top, 0], stack[top, 1] = low & ~barred[v, 0], high & ~barred[v, 1]
            stack[top, 2] = served | 1 << (v // side) | 1 << (side + v % side) | 1 << (2 * side + label[v])
            stack[top, 3], stack[top, 4] = stars, more
            if v < 50:
                stack[top, 3] |= np.int64(1) << v
            else:
                stack[top, 4] |= np.int64(1) << (v - 50)
            top += 1
    return False


@inner
def rival_of(
    net,
    active,
    domains,
    log,
    count,
    stack,
    stack_reason,
    scratch,
    order,
    found,
    side,
    label,
    hidden,
    at,
    max_nodes,
    sets,
    out,
):
    """Whether stars can stand otherwise than hidden (`rival`), for any number of stars: 0 or 1, -1 when not known."""
    lines, barred, waiting = sets
    if net.args[net.arg_at[0]] == 1:
        return YES if rival(side, label, hidden, at, lines, barred, waiting, out) else NO
    if at >= 0:
        domains[at] = 2
    n = NONE
    for limit in (ONE, TWO):  # where many fit, the first to be found is seldom the hidden one
        n = search(net, active, domains, limit, max_nodes, order, found, log, count, stack, stack_reason, scratch)
        if n < 1 or limit == TWO or at >= 0 or differing(found, hidden, n) >= 0:
            break
    if at >= 0:
        domains[at] = 3
    if n < 1:
        return n
    i = differing(found, hidden, n)
    if i < 0:
        return NO
    for v in range(hidden.shape[0]):
        out[v] = found[i, v] >> 1
    return YES


@nb.njit(cache=True)
def carve(
    net,
    active,
    dom,
    reason,
    placed,
    dirty,
    log,
    count,
    stack,
    stack_reason,
    scratch,
    order,
    found,
    side,
    hidden,
    label,
    seed,
    repairs,
    turns,
    max_nodes,
    least,
    max_tier,
    work,
):
    """Move cells between the regions in `label` until only the hidden stars fit and finding them takes enough work.

    First cells that another solution has a star in change their region, `repairs` times at most; then, `turns`
    times at most, any cell without a star, and a turn that lets another solution in or lowers the effort is taken
    back. True when rules of tier least..max_tier solve it with an effort of `work`.
    """
    nv = dom.shape[0]
    state = np.uint64(seed)
    seen, todo, other = np.zeros(nv, np.int64), np.zeros(nv, np.int64), np.zeros(nv, np.int64)
    full = np.full(nv, 3, np.int64)
    sets = np.zeros((3 * side, 2), np.int64), np.zeros((nv, 2), np.int64), np.zeros((side * side, 5), np.int64)
    got = YES
    for _ in range(repairs):
        draw_regions(net, side, label, seen)
        got = rival_of(
            net,
            active,
            full,
            log,
            count,
            stack,
            stack_reason,
            scratch,
            order,
            found,
            side,
            label,
            hidden,
            NONE,
            max_nodes,
            sets,
            other,
        )
        if got != 1:
            break
        state, turn = drawn(state)
        moved = False
        for i in range(nv):
            v = (turn + i) % nv
            if other[v] and not hidden[v]:
                state, turn = drawn(state)
                region = given_away(side, label, v, turn, seen, todo)
                if region >= 0:
                    label[v] = region
                    moved = True
                    break
        if not moved:
            return False
    if got != 0:
        return False
    best = -nv - 1
    before, region = -1, -1
    for t in range(turns):
        if t > 0:
            state, v = drawn(state)
            v %= nv
            if hidden[v]:
                continue
            state, turn = drawn(state)
            region = given_away(side, label, v, turn, seen, todo)
            if region < 0:
                continue
            before = label[v]
            label[v] = region
            draw_regions(net, side, label, seen)
            if best >= 0 and rival_of(
                net,
                active,
                full,
                log,
                count,
                stack,
                stack_reason,
                scratch,
                order,
                found,
                side,
                label,
                hidden,
                v,
                max_nodes,
                sets,
                other,
            ):  # another solution could only have a star in the cell that was moved
                label[v] = before
                continue
        got, score = 1, 0
        if least < 2 or closes(net, active, full, stack_reason, log, count, least - 1, scratch) != 1:
            dom[:] = full
            reason[:, :] = -1
            placed[:] = 0
            count[:] = 0
            got = solve(net, active, dom, reason, placed, dirty, log, count, max_tier, NONE, scratch)
            score = effort_of(log, count)
            if got != 1:
                score = -nv
                for u in range(nv):
                    score += placed[u]
        if score < best:
            label[v] = before
            continue
        best = score
        if got == 1 and score > 0 and score >= work:
            return True
    return False
