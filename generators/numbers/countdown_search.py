"""Complete search for a countdown target, easiest first, in compiled code.

For each subset of the numbers the values that use all of it are tabled, up to subsets of four; larger subsets are split
in two and solved backwards from the target: for every value y of the smaller part, the six numbers x that would join
with y to the target are looked up in the larger part. Values are positive whole numbers, so a pair gives at most four
results and nothing is cut off: a target that is not found cannot be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numba as nb
import numpy as np
from numpy.typing import NDArray

# Kernels called only by other kernels need no wrapper for Python; leaving it out saves seconds of compiling.
inner = nb.njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)

TABLED = 4  # subsets up to this size have a table
_SLOTS = (0, 2, 8, 128, 2048)  # table size by subset size: at least twice the values it can hold
_LISTED = (0, 1, 4, 48, 960)  # most values by subset size

Ints = NDArray[np.int64]


@lru_cache(maxsize=16)
def layout(count: int) -> tuple[Ints, Ints, Ints, Ints, int, int]:
    """Subsets in order of size, their sizes, where each one's table and list start, and both totals."""
    masks = sorted(range(1, 1 << count), key=lambda mask: (mask.bit_count(), mask))
    sizes = np.zeros(1 << count, np.int64)
    table, listed = np.zeros(1 << count, np.int64), np.zeros(1 << count, np.int64)
    slots = values = 0
    for mask in masks:
        size = mask.bit_count()
        sizes[mask] = size
        if size <= TABLED:
            table[mask], listed[mask] = slots, values
            slots += _SLOTS[size]
            values += _LISTED[size]
    return np.array(masks, np.int64), sizes, table, listed, slots, values


@inner
def slot_of(keys, start, slots, value):  # type: ignore[no-untyped-def]
    """The slot that holds `value`, or the free one where it belongs."""
    at = (value * 40503) & (slots - 1)
    while keys[start + at] != 0 and keys[start + at] != value:
        at = (at + 1) & (slots - 1)
    return start + at


@inner
def slots_of(size):  # type: ignore[no-untyped-def]
    """Table size of a subset of `size` numbers."""
    if size == 1:
        return 2
    if size == 2:
        return 8
    return 128 if size == 3 else 2048


@inner
def put(keys, start, slots, values, first, count, value):  # type: ignore[no-untyped-def]
    """Adds a value to a subset's table and list; the new length of the list."""
    at = slot_of(keys, start, slots, value)
    if keys[at] == 0:
        keys[at] = value
        values[first + count] = value
        return count + 1
    return count


@inner
def fill(mask, sizes, table, listed, keys, values, counts):  # type: ignore[no-untyped-def]
    """Tables all values that use every number of `mask`; how many pairs of values were joined."""
    size, start, first = sizes[mask], table[mask], listed[mask]
    slots, count, joined = slots_of(size), 0, 0
    part = (mask - 1) & mask
    while part > 0:
        rest = mask ^ part
        if part > rest:
            for i in range(counts[part]):
                x = values[listed[part] + i]
                for j in range(counts[rest]):
                    y = values[listed[rest] + j]
                    joined += 1
                    high, low = max(x, y), min(x, y)
                    count = put(keys, start, slots, values, first, count, high + low)
                    count = put(keys, start, slots, values, first, count, high * low)
                    if high > low:
                        count = put(keys, start, slots, values, first, count, high - low)
                    if high % low == 0:
                        count = put(keys, start, slots, values, first, count, high // low)
        part = (part - 1) & mask
    counts[mask] = count
    return joined


@inner
def inverse(way, target, y):  # type: ignore[no-untyped-def]
    """The x for which joining x and y in this way gives the target; 0 when there is none."""
    if way == 0:  # x + y
        return target - y if target > y else 0
    if way == 1:  # x * y
        return target // y if target % y == 0 else 0
    if way == 2:  # x - y
        return target + y
    if way == 3:  # y - x
        return y - target if y > target else 0
    if way == 4:  # x / y
        return target * y
    return y // target if y % target == 0 else 0  # y / x


@nb.njit(cache=True)
def reach(mask, target, sizes, table, listed, keys, values, counts, out, looked):  # type: ignore[no-untyped-def]
    """True when the target comes from all numbers of `mask`; the last join goes to `out`: way, part, y, x."""
    size = sizes[mask]
    part = (mask - 1) & mask
    while part > 0:
        rest = mask ^ part
        if sizes[part] < sizes[rest] or (sizes[part] == sizes[rest] and part < rest):
            for j in range(counts[part]):
                y = values[listed[part] + j]
                for way in range(6):
                    x = inverse(way, target, y)
                    if x <= 0 or x > 10_000_000_000_000:  # six numbers up to 100 make less
                        continue
                    looked[0] += 1
                    if sizes[rest] <= 4:
                        slots = slots_of(sizes[rest])
                        found = keys[slot_of(keys, table[rest], slots, x)] == x
                    else:
                        found = reach(rest, x, sizes, table, listed, keys, values, counts, out, looked)
                    if found:
                        out[size, 0], out[size, 1], out[size, 2], out[size, 3] = way, part, y, x
                        return True
        part = (part - 1) & mask
    return False


@nb.njit(cache=True)
def search(numbers, target, masks, sizes, table, listed, keys, values, counts, out, looked):  # type: ignore[no-untyped-def]
    """The first subset, smallest first, that reaches the target; 0 when none does."""
    for at in range(numbers.shape[0]):
        mask = 1 << at
        keys[slot_of(keys, table[mask], 2, numbers[at])] = numbers[at]
        values[listed[mask]] = numbers[at]
        counts[mask] = 1
    for k in range(masks.shape[0]):
        mask = masks[k]
        size = sizes[mask]
        if size == 1:
            continue
        if size <= 4:
            looked[0] += fill(mask, sizes, table, listed, keys, values, counts)
            if keys[slot_of(keys, table[mask], slots_of(size), target)] == target:
                return mask
        elif reach(mask, target, sizes, table, listed, keys, values, counts, out, looked):
            return mask
    return 0


# Way of a join to the operator and whether y stands first.
_WAYS = (("+", False), ("*", False), ("-", False), ("-", True), ("/", False), ("/", True))


@dataclass(frozen=True, slots=True)
class Found:
    """The joins that reach the target, in working order, each `(left, op, right, value)`; and the work it took."""

    joins: tuple[tuple[int, str, int, int], ...]
    looked: int


def find(numbers: tuple[int, ...], target: int) -> Found | None:
    """A way to the target with the fewest joins, or None: then no way exists."""
    found, looked = _searched(numbers, target)
    return Found(tuple(found), looked) if found else None


def effort_of_none(numbers: tuple[int, ...], target: int) -> int:
    """Joins and look-ups of the whole search."""
    return _searched(numbers, target)[1]


def _searched(numbers: tuple[int, ...], target: int) -> tuple[list[tuple[int, str, int, int]], int]:
    masks, sizes, table, listed, slots, total = layout(len(numbers))
    keys, values = np.zeros(slots, np.int64), np.empty(total, np.int64)
    counts = np.zeros(sizes.shape[0], np.int64)
    out, looked = np.zeros((len(numbers) + 1, 4), np.int64), np.zeros(1, np.int64)
    rest = (sizes, table, listed, keys, values, counts, out, looked)
    mask = int(search(np.array(numbers, np.int64), target, masks, *rest))
    work = int(looked[0])
    joins: list[tuple[int, str, int, int]] = []

    def build(subset: int, value: int) -> None:
        size = subset.bit_count()
        if size == 1:
            return
        if size <= TABLED or out[size, 1] == 0:
            reach(subset, value, *rest)
        way, part, y, x = (int(number) for number in out[size])
        build(subset ^ part, x)
        build(part, y)
        op, first = _WAYS[way]
        joins.append((y, op, x, value) if first else (x, op, y, value))

    if mask:
        build(mask, target)
    return joins, work
