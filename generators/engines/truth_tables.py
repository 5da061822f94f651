"""Truth tables of statements about who tells the truth, and statements drawn until one reading fits; compiled.

A table is 2^n bits in 64-bit words: bit a is the truth where exactly the people in a's bits are truthful. One
statement is one constraint: its speaker is truthful exactly where its table is set. Statements come as codes, see
`formula_codes`. The draws are those that `Rng` would make, number by number.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba as nb
import numpy as np

Table = np.ndarray[Any, Any]

# The code of a token: a connective (formulas.PAIRS, then "not"); LEAF + 2i + (1 for "i lies"); COUNT + (which, k,
# members) in 4, 4 and 12 bits.
AND, OR, XOR, IFF, IF, NOT = range(6)
LEAF, COUNT = 6, 64
EXACTLY, LEAST = 0, 1
MOST_TOKENS = 64  # formulas.MAX_TOKENS
WIDEST = 16  # tokens of a statement drawn here, at most 15 at depth 3


def width(n: int) -> int:
    """How many 64-bit words a table of n people takes."""
    return max(1, (1 << n) // 64)


@lru_cache(maxsize=16)
def roles(n: int) -> Table:
    """The tables of n people, lying and truthful: n x 2 x words."""
    assignments = np.arange(1 << n)
    bits = np.zeros((n, 2, 64 * width(n)), np.uint8)
    for i in range(n):
        bits[i, 1, : 1 << n] = assignments >> i & 1
        bits[i, 0, : 1 << n] = 1 - bits[i, 1, : 1 << n]
    return np.packbits(bits, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def board(n: int, codes: Table, spans: Table) -> Table:
    """A row of words a statement: where it agrees with its speaker, what is said, who speaks, who is involved, and
    how many spaces its text has."""
    return _board(n, width(n), roles(n), codes, spans)  # type: ignore[no-any-return]


def readings(n: int, codes: Table, spans: Table) -> tuple[Table, int, int]:
    """The board, how many assignments fit every statement, and the last of them (-1 for none)."""
    return _readings(n, width(n), roles(n), codes, spans)  # type: ignore[no-any-return]


def numbers_of(table: Table) -> int:
    """A table as one number with a bit an assignment."""
    return int.from_bytes(table.astype("<u8").tobytes(), "little")


def draw(
    n: int, extra: int, depth: int, counts: int, numbers: Table, at: int, tries: int
) -> tuple[tuple[Table, Table] | None, int, int]:
    """Statements with exactly one reading, from the numbers at `at` on; how many numbers and tries that took.

    Nobody's statement is empty or a paradox. None where the tries end, or the numbers do (then a try is left).
    """
    codes = np.empty((n + extra) * WIDEST, np.int64)
    spans = np.empty((n + extra, 3), np.int64)
    found, at, tries = _draw(n, width(n), roles(n), extra, depth, counts, numbers, at, tries, codes, spans)
    return (codes, spans) if found else None, at, tries


@nb.njit(cache=True)
def _counted(n, w, code, out):
    """The table of a count."""
    which, k, members = (code - COUNT) >> 16, (code - COUNT) >> 12 & 15, (code - COUNT) & 4095
    for x in range(w):
        out[x] = 0
    for a in range(1 << n):
        have, rest = 0, a & members
        while rest:
            rest &= rest - 1
            have += 1
        if have == k or (which != EXACTLY and (have > k) == (which == LEAST)):
            out[a >> 6] |= np.uint64(1) << np.uint64(a & 63)


@nb.njit(cache=True)
def _told(n, w, role, codes, begin, end, stack):
    """Where a formula is true, in `stack[0]`: its codes are read from the end."""
    top = 0
    for at in range(end - 1, begin - 1, -1):
        code = codes[at]
        if code >= COUNT:
            _counted(n, w, code, stack[top])
            top += 1
        elif code >= LEAF:
            for x in range(w):
                stack[top, x] = role[(code - LEAF) >> 1, 1 - ((code - LEAF) & 1), x]
            top += 1
        elif code == NOT:
            for x in range(w):
                stack[top - 1, x] ^= role[0, 0, x] ^ role[0, 1, x]
        else:
            top -= 1
            for x in range(w):
                a, b, everything = stack[top, x], stack[top - 1, x], role[0, 0, x] ^ role[0, 1, x]
                if code == AND:
                    stack[top - 1, x] = a & b
                elif code == OR:
                    stack[top - 1, x] = a | b
                elif code == XOR:
                    stack[top - 1, x] = a ^ b
                elif code == IFF:
                    stack[top - 1, x] = everything ^ a ^ b
                else:
                    stack[top - 1, x] = everything ^ a | b


@nb.njit(cache=True)
def _board(n, w, role, codes, spans):
    lines = np.empty((spans.shape[0], 2 * w + 3), np.uint64)
    stack = np.empty((MOST_TOKENS, w), np.uint64)
    for row in range(spans.shape[0]):
        speaker, begin, end = spans[row]
        _told(n, w, role, codes, begin, end, stack)
        for x in range(w):
            lines[row, w + x] = stack[0, x]
            lines[row, x] = stack[0, x] ^ role[speaker, 0, x]
        people = np.int64(1) << speaker
        for at in range(begin, end):
            if codes[at] >= COUNT:
                people |= (codes[at] - COUNT) & 4095
            elif codes[at] >= LEAF:
                people |= np.int64(1) << ((codes[at] - LEAF) >> 1)
        lines[row, 2 * w], lines[row, 2 * w + 1], lines[row, 2 * w + 2] = speaker, people, end - begin - 1
    return lines


@nb.njit(cache=True)
def _readings(n, w, role, codes, spans):
    lines = _board(n, w, role, codes, spans)
    many, last = 0, -1
    for a in range(1 << n):
        fits = True
        for row in range(lines.shape[0]):
            fits &= lines[row, a >> 6] >> np.uint64(a & 63) & np.uint64(1) != 0
        if fits:
            many, last = many + 1, a
    return lines, many, last


# ---------------------------------------------------------------- drawing


@nb.njit(cache=True)
def _unit(numbers, used):
    """The next of the numbers that `Rng.ahead` gave, in [0, 1); 0 past the end, which the try then finds out."""
    at = used[0]
    used[0] += 1
    if at >= numbers.shape[0]:
        return 0.0
    return (np.int64(numbers[at, 0] >> 5) * 67108864 + np.int64(numbers[at, 1] >> 6)) / 9007199254740992.0


FREE, PAIR, HALF, TURN = (np.int64(k) for k in range(4))  # what is still to be done: see `_grow`


@nb.njit(cache=True)
def _grow(n, numbers, used, depth, codes):
    """A leaf, a negation or a pair of at most this depth (a pair at depth 1): how many codes it takes.

    A list of what is to be done, last first: FREE: any formula; PAIR: two formulas joined; HALF: the left one ended
    here; TURN: the two change places or do not.
    """
    todo = np.empty((16, 3), np.int64)
    todo[0, 0], todo[0, 1] = FREE if depth > 1 else PAIR, depth
    size, at = 1, 0
    while size:
        size -= 1
        what, deep = todo[size, 0], todo[size, 1]
        if what == HALF:
            todo[size - 2, 2] = at
        elif what == TURN:
            begin, middle = todo[size, 1], todo[size, 2]
            if _unit(numbers, used) >= 0.5:
                turned = np.concatenate((codes[middle:at], codes[begin:middle]))
                codes[begin:at] = turned
        else:
            roll = _unit(numbers, used) * 100 if what == FREE else 100.0
            if roll < 15:
                codes[at] = LEAF + int(_unit(numbers, used) * (2 * n))
                at += 1
            elif roll < 22 and deep > 1:
                codes[at] = NOT
                at += 1
                todo[size, 0], todo[size, 1] = PAIR, deep - 1
                size += 1
            elif deep == 1:
                pair = int(_unit(numbers, used) * (2 * n * (2 * n - 2) * 5))
                left, right = pair // 5 // (2 * n - 2), pair // 5 % (2 * n - 2)
                codes[at], codes[at + 1] = pair % 5, LEAF + left
                codes[at + 2] = LEAF + (right if right < left // 2 * 2 else right + 2)  # about somebody else
                at += 3
            else:
                codes[at] = int(_unit(numbers, used) * 5)
                at += 1
                todo[size, 0], todo[size, 1] = TURN, at
                todo[size + 1, 0], todo[size + 1, 1] = PAIR, deep - 1
                todo[size + 2, 0] = HALF
                todo[size + 3, 0], todo[size + 3, 1] = FREE, deep - 1
                size += 4
    return at


@nb.njit(cache=True)
def _shuffle(numbers, used, items):
    for i in range(items.shape[0] - 1, 0, -1):
        j = int(_unit(numbers, used) * (i + 1))
        items[i], items[j] = items[j], items[i]


@nb.njit(cache=True)
def _count(n, numbers, used):
    """The code of a count over everybody or some."""
    many = n
    if int(_unit(numbers, used) * 2) == 0:
        many = 2 + int(_unit(numbers, used) * (n - 1))
    members = 0
    if 4 * many <= n:  # few of many: drawn again on a repeat
        have = 0
        while have < many and used[0] <= numbers.shape[0]:
            i = int(_unit(numbers, used) * n)
            have += 1 - (members >> i & 1)
            members |= 1 << i
    else:
        order = np.arange(n)
        _shuffle(numbers, used, order)
        for i in order[:many]:
            members |= 1 << i
    which = int(_unit(numbers, used) * 3)
    return COUNT + (which << 16 | int(_unit(numbers, used) * (many + 1)) << 12 | members)


@nb.njit(cache=True)
def _state(n, w, role, speaker, depth, counts, numbers, used, codes, stack):
    """A statement that is neither empty nor a paradox by itself: where its codes end; its table is in `stack[0]`."""
    counted = counts > 0 and int(_unit(numbers, used) * 100) < counts
    while True:
        if counted:
            codes[0] = _count(n, numbers, used)
            end = 1
        elif depth == 1 and _unit(numbers, used) * 100 < 15:
            leaf = int(_unit(numbers, used) * (2 * n - 2))
            codes[0] = LEAF + (leaf if leaf < 2 * speaker else leaf + 2)
            end = 1
        else:
            end = _grow(n, numbers, used, depth, codes)
        _told(n, w, role, codes, 0, end, stack)
        said = missed = agrees = differs = False
        for x in range(w):
            everything = role[0, 0, x] ^ role[0, 1, x]
            table, agree = stack[0, x], stack[0, x] ^ role[speaker, 0, x]
            said |= table != 0
            missed |= table != everything
            agrees |= agree != 0
            differs |= agree != everything
        if (said and missed and agrees and differs) or used[0] > numbers.shape[0]:
            return end


@nb.njit(cache=True)
def _draw(n, w, role, extra, depth, counts, numbers, at, tries, codes, spans):
    used = np.array((at,))
    stack = np.empty((MOST_TOKENS, w), np.uint64)
    left = np.empty(w, np.uint64)
    speakers = np.empty(n, np.int64)
    many = n + extra
    while tries > 0:
        begun = used[0]
        for i in range(n):
            speakers[i] = i
        _shuffle(numbers, used, speakers)
        for row in range(many):
            spans[row, 0] = speakers[row] if row < n else int(_unit(numbers, used) * n)
        # Many statements about few people seldom fit at all: there a hidden reading is kept in all of them.
        hidden = int(_unit(numbers, used) * (1 << n)) if extra else -1
        left[:] = role[0, 0] ^ role[0, 1]
        begin = 0
        for row in range(many):
            speaker = spans[row, 0]
            while True:
                end = begin + _state(n, w, role, speaker, depth, counts, numbers, used, codes[begin:], stack)
                agreed = hidden < 0 or (
                    (stack[0, hidden >> 6] ^ role[speaker, 0, hidden >> 6]) >> np.uint64(hidden & 63) & np.uint64(1)
                )
                if agreed or used[0] > numbers.shape[0]:
                    break
            spans[row, 1], spans[row, 2] = begin, end
            begin, fits = end, False
            for x in range(w):
                left[x] &= stack[0, x] ^ role[speaker, 0, x]
                fits |= left[x] != 0
            if not fits or used[0] > numbers.shape[0]:
                break
        if used[0] > numbers.shape[0]:
            return False, begun, tries
        tries -= 1
        if not fits:
            continue
        readings = 0
        for x in range(w):
            rest = left[x]
            while rest and readings < 2:
                rest &= rest - np.uint64(1)
                readings += 1
        if readings == 1:
            return True, used[0], tries
    return False, used[0], 0
