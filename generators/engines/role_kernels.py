"""Who is what, deduced statement by statement over truth tables, with suppositions where nothing follows; compiled.

Tables are those of `truth_tables`; a line is a row of its boards. Every choice is by lowest index, so the deduction is
the same whenever it is made.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numba as nb
import numpy as np

# The rules, in this order; a rule is a number here.
SPEAKER, CONTENT, EITHER, CONTRADICTION, SUPPOSE = (np.int64(k) for k in range(5))

# Columns of a log row. CITED and VALUES are sets of people: who is cited, and who of them is truthful. WHO is -1 for a
# contradiction. A supposition is followed by SIZE rows one DEPTH further in. KEPT: what is later relied on rests on it.
RULE, TIER, BY, CITED, VALUES, WHO, VALUE, SIZE, DEPTH, KEPT = range(10)
WIDTH = 10

# What is counted: statements looked at; rows that found no room; highest tier; suppositions; four times the work.
LOOKS, LOST, TOP, SUPPOSED, WORK = range(5)
COUNTS = 5


@nb.njit(cache=True)
def _note(log, count, counts, rule, tier, by, cited, values, who, value, depth):
    """The log's length after one more row."""
    if count >= log.shape[0]:
        counts[LOST] += 1
        return count
    row = log[count]
    row[RULE], row[TIER], row[BY], row[CITED], row[VALUES] = rule, tier, by, cited, values
    row[WHO], row[VALUE], row[SIZE], row[DEPTH], row[KEPT] = who, value, 0, depth, 0
    return count + 1


@nb.njit(cache=True)
def _meets(w, a, b):
    """Whether some assignment is in both tables."""
    for k in range(w):
        if a[k] & b[k]:
            return True
    return False


@nb.njit(cache=True)
def _within(w, a, b):
    """Whether every assignment of `a` is in `b`."""
    for k in range(w):
        if a[k] & ~b[k]:
            return False
    return True


@nb.njit(cache=True)
def _forced(w, world, sides):
    """What a person must be in every assignment of `world`: 0 lying, 1 truthful, -1 where both are left."""
    if not _meets(w, world, sides[1]):
        return 0
    return -1 if _meets(w, world, sides[0]) else 1


@nb.njit(cache=True)
def _cite(n, w, role, line, known, values, base):
    """Known people of the line that leave nothing of `base`; none but the speaker can be left out."""
    cited = np.int64(line[2 * w + 1]) & known
    speaker = np.int64(line[2 * w])
    if cited & (cited - 1) == 0:
        return cited if cited == 1 << speaker or _meets(w, base, base) else np.int64(0)
    for i in range(n - 1, -1, -1):
        if not cited >> i & 1 or i == speaker:
            continue  # "she is a knight, so what she says holds" reads better than a rule without her
        others = cited & ~(1 << i)
        left = False
        for k in range(w):
            x = base[k]
            for j in range(n):
                if others >> j & 1:
                    x &= role[j, values >> j & 1, k]
            left |= x != 0
        if not left:
            cited = others
    return cited


@nb.njit(cache=True)
def _tell(n, w, role, lines, facts, known, values, log, count, counts, rule, at, i, value, depth, world):
    """The row of what a line forces, citing the fewest facts; the facts are narrowed to it."""
    line = lines[at]
    for k in range(w):
        if rule == SPEAKER:  # settled by the facts alone, not by what the speaker's role would do to it
            world[k] = role[0, 0, k] ^ role[0, 1, k] ^ line[w + k] if value else line[w + k]
        else:
            world[k] = line[k] & role[i, 1 - value, k]
    cited = _cite(n, w, role, line, known, values, world)
    for k in range(w):
        facts[k] &= role[i, value, k]
    return _note(log, count, counts, rule, int(rule == EITHER), at, cited, cited & values, i, value, depth)


@nb.njit(cache=True)
def _spread(n, w, role, lines, facts, known, values, log, count, counts, depth, world):
    """Every fact that single statements force, logged: (ends without contradiction, known, values, rows)."""
    while True:
        late_at, late_who, late_value = -1, -1, 0
        progress = False
        counts[LOOKS] += lines.shape[0]
        for at in range(lines.shape[0]):
            line = lines[at]
            if _within(w, facts, line):
                continue  # true in every world that is left: it forces nothing
            speaker = np.int64(line[2 * w])
            if not _meets(w, facts, line):
                cited = _cite(n, w, role, line, known, values, line)
                count = _note(log, count, counts, CONTRADICTION, 0, at, cited, cited & values, -1, 0, depth)
                return False, known, values, count
            for i in range(n):
                if not np.int64(line[2 * w + 1]) >> i & 1 or known >> i & 1:
                    continue
                for k in range(w):
                    world[k] = facts[k] & line[k]
                value = _forced(w, world, role[i])
                if value < 0:
                    continue
                if known >> speaker & 1:
                    rule = CONTENT
                elif i == speaker and (not _meets(w, facts, line[w:]) or _within(w, facts, line[w:])):
                    rule = SPEAKER
                else:
                    if late_at < 0:
                        late_at, late_who, late_value = at, i, value
                    continue
                count = _tell(
                    n, w, role, lines, facts, known, values, log, count, counts, rule, at, i, value, depth, world
                )
                known |= 1 << i
                values |= value << i
                progress = True
        if progress:
            continue
        if late_at < 0:
            return True, known, values, count
        at, i, value = late_at, late_who, late_value
        count = _tell(n, w, role, lines, facts, known, values, log, count, counts, EITHER, at, i, value, depth, world)
        known |= 1 << i
        values |= value << i


@nb.njit(cache=True)
def _falls(n, w, role, lines, facts, least, counts, world):
    """How many people single statements settle before they contradict each other; -1 if they do not, or not before
    `least` people are settled. As `_spread`, with nothing written down: most suppositions are only tried."""
    settled, moved = 0, True
    while moved:
        moved = False
        counts[LOOKS] += lines.shape[0]
        for at in range(lines.shape[0]):
            line = lines[at]
            if _within(w, facts, line):
                continue
            if not _meets(w, facts, line):
                return settled
            for k in range(w):
                world[k] = facts[k] & line[k]
            for i in range(n):
                if not np.int64(line[2 * w + 1]) >> i & 1:
                    continue
                value = _forced(w, world, role[i])
                if value < 0:
                    continue
                if _within(w, facts, role[i, value]):
                    continue
                for k in range(w):
                    facts[k] &= role[i, value, k]
                settled += 1
                if settled >= least:
                    return -1
                moved = True
    return -1


@nb.njit(cache=True)
def _quickest(n, w, role, lines, facts, known, counts, world, trial):
    """Twice the person plus 1 for a lie that propagation alone refutes after settling the fewest people; the lowest
    on a tie, -1 for none."""
    best, least = -1, n + 1
    for i in range(n):
        if known >> i & 1:
            continue
        for lie in range(2):
            for k in range(w):
                trial[k] = facts[k] & role[i, 1 - lie, k]
            length = _falls(n, w, role, lines, trial, least, counts, world)
            if length >= 0:
                best, least = 2 * i + lie, length
    return best


# Where a search stands: a level begins; its next option; a supposition is followed; a level is left.
BEGIN, OPTION, FOLLOW, LEAVE = (np.int64(k) for k in range(4))
# What a level keeps: how deep refutations may go, and do now; the quickest option, the one at hand, its row; what is
# known and true before the supposition, and after.
REACH, DEEP, BEST, AT, HEAD, KNOWN, TRUE, INNER, TRUTHS = range(9)


@nb.njit(cache=True)
def _suppose(n, w, role, lines, worlds, known, values, log, count, counts, world):
    """The first fact whose opposite is refuted, by propagation if that can be, else at the least depth.

    Returns (person or -1, value, rows). `worlds[0]` holds the facts and stays as it is. A refutation may suppose in
    turn, one level further in; no function calls itself, which may crash when read from the cache (numba 0.68).
    """
    frames = np.zeros((n + 1, 9), np.int64)
    frames[0, REACH], frames[0, KNOWN], frames[0, TRUE] = n, known, values
    level, who, truth, stage = 0, -1, 0, BEGIN
    while True:
        frame, facts = frames[level], worlds[level + 1]
        if stage == BEGIN:
            who, stage = -1, LEAVE
            if frame[REACH] > 0:
                best = _quickest(n, w, role, lines, worlds[level], frame[KNOWN], counts, world, facts)
                frame[BEST], frame[DEEP], frame[AT], stage = best, 1 if best >= 0 else 2, -1, OPTION
        elif stage == OPTION:
            frame[AT] += 1
            if frame[AT] == 2 * n:
                frame[DEEP], frame[AT] = frame[DEEP] + 1, 0
            i, value = frame[AT] >> 1, 1 - (frame[AT] & 1)
            if frame[DEEP] > frame[REACH]:
                who, stage = -1, LEAVE
            elif not frame[KNOWN] >> i & 1 and (frame[DEEP] > 1 or frame[AT] == frame[BEST]):
                frame[HEAD] = count
                count = _note(log, count, counts, SUPPOSE, 1 + frame[DEEP], -1, 0, 0, i, 1 - value, level)
                for k in range(w):
                    facts[k] = worlds[level, k] & role[i, value, k]
                frame[INNER], frame[TRUTHS], stage = frame[KNOWN] | 1 << i, frame[TRUE] | value << i, FOLLOW
        elif stage == FOLLOW:
            i, value = frame[AT] >> 1, 1 - (frame[AT] & 1)
            open_, frame[INNER], frame[TRUTHS], count = _spread(
                n, w, role, lines, facts, frame[INNER], frame[TRUTHS], log, count, counts, level + 1, world
            )
            if open_:
                level += 1
                frames[level, REACH] = frame[DEEP] - 1
                frames[level, KNOWN], frames[level, TRUE], stage = frame[INNER], frame[TRUTHS], BEGIN
            else:
                log[min(frame[HEAD], log.shape[0] - 1), SIZE] = count - frame[HEAD] - 1
                who, truth, stage = i, 1 - value, LEAVE
        elif level == 0:
            return who, truth, count
        else:
            level -= 1
            frame, facts = frames[level], worlds[level + 1]
            if who < 0:
                count, stage = frame[HEAD], OPTION
            else:
                frame[INNER] |= 1 << who
                frame[TRUTHS] |= truth << who
                for k in range(w):
                    facts[k] &= role[who, truth, k]
                stage = FOLLOW


@nb.njit(cache=True)
def _weigh(n, w, lines, log, count, counts, whole):
    """What `counts` measures of the log; KEPT set in every row that what comes after rests on, and below no other."""
    wanted = np.zeros(n + 2, np.int64)  # facts relied on, a level each: bit 2i for "i lies", 2i + 1 for "i is truthful"
    after = np.int64(-1)  # the level of the row below
    for at in range(count - 1, -1, -1):
        row = log[at]
        level = np.int64(row[DEPTH])
        counts[TOP] = max(counts[TOP], row[TIER])
        spaces = 0 if row[BY] < 0 else np.int64(lines[row[BY], 2 * w + 2])
        counts[WORK] += (4 * (1 + row[TIER]) + spaces) << level
        last, after = level > after, level
        if last:
            wanted[level] = 0
        fact = np.int64(1) << (2 * row[WHO] + row[VALUE]) if row[WHO] >= 0 else np.int64(0)
        row[KEPT] = last or wanted[level] & fact != 0
        rests = np.int64(0)
        for i in range(n):
            if row[CITED] >> i & 1:
                rests |= np.int64(1) << (2 * i + (row[VALUES] >> i & 1))
        if row[RULE] == SUPPOSE:
            counts[SUPPOSED] += 1
            inside = np.int64(1) << (2 * row[WHO] + 1 - row[VALUE])
            for k in range(at + 1, at + 1 + row[SIZE]):
                if log[k, DEPTH] == level + 1 and log[k, WHO] >= 0:
                    inside |= np.int64(1) << (2 * log[k, WHO] + log[k, VALUE])
                if not row[KEPT] and not (whole and level == 0):
                    log[k, KEPT] = 0
            rests = wanted[level + 1] & ~inside
        if row[KEPT] or (whole and level == 0):
            row[KEPT] = 1
            wanted[level] |= rests


@nb.njit(cache=True)
def run(n, w, role, lines, log, counts, whole):
    """How many rows of `log` the deduction takes; it is measured in `counts`."""
    worlds = np.empty((n + 2, w), np.uint64)
    world = np.empty(w, np.uint64)
    facts = worlds[0]
    known = values = count = 0
    facts[:] = role[0, 0] | role[0, 1]
    while True:
        open_, known, values, count = _spread(n, w, role, lines, facts, known, values, log, count, counts, 0, world)
        if not open_ or known == (1 << n) - 1:
            break
        who, truth, count = _suppose(n, w, role, lines, worlds, known, values, log, count, counts, world)
        if who < 0:
            break  # more than one reading is left
        known |= 1 << who
        values |= truth << who
        for k in range(w):
            facts[k] &= role[who, truth, k]
    if not counts[LOST]:
        _weigh(n, w, lines, log, count, counts, whole)
    return count
