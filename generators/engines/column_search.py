"""Additions in letters, searched column by column from the right: nothing of the deduction rules is used."""

from __future__ import annotations

from collections.abc import Sequence

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _search(slots, ends, leading, digit, limit, found):  # type: ignore[no-untyped-def]
    """Count the readings up to `limit`; found[i] receives the i-th.

    `slots` are the letters of the addition in the order in which they are read, column by column, the sum's letter
    last in each (where `ends` is 1). `digit` holds the digits told, -1 elsewhere.
    """
    many = slots.shape[0]
    used, owned = np.zeros(10, np.int64), np.zeros(many, np.int64)
    fresh, total = np.ones(many + 1, np.int64), np.zeros(many + 1, np.int64)
    for letter in range(digit.shape[0]):
        if digit[letter] >= 0:
            used[digit[letter]] = 1
    count, i = 0, 0
    while i >= 0:
        if i == many:
            if total[i] == 0:  # nothing is carried out of the last column
                found[count, :] = digit
                count += 1
                if count == limit:
                    return count
            i -= 1
            continue
        letter, first = slots[i], 0
        go = False
        if owned[i]:
            first = digit[letter] + 1
            used[digit[letter]] = 0
            digit[letter] = -1
            owned[i] = 0
        if fresh[i] and digit[letter] >= 0:
            go = not ends[i] or digit[letter] == total[i] % 10
        elif digit[letter] < 0 and (fresh[i] or first > 0):
            last = 9
            if ends[i]:
                last = total[i] % 10 if fresh[i] else -1
                first = last
            for d in range(max(first, leading[letter]), last + 1):
                if not used[d]:
                    used[d] = 1
                    digit[letter] = d
                    owned[i] = 1
                    go = True
                    break
        fresh[i] = 0
        if go:
            total[i + 1] = total[i] // 10 if ends[i] else total[i] + digit[letter]
            fresh[i + 1] = 1
            i += 1
        else:
            i -= 1
    return count


def readings(words: Sequence[str], letters: Sequence[str], known: Sequence[str], limit: int) -> list[tuple[int, ...]]:
    """The digits of the letters in each way to read the addition (its last word is the sum), up to `limit` ways."""
    index = {letter: i for i, letter in enumerate(letters)}
    slots, ends = [], []
    for k in range(1, len(words[-1]) + 1):
        column = [index[word[-k]] for word in words if k <= len(word)]
        slots += column
        ends += [0] * (len(column) - 1) + [1]
    leading, digit = np.zeros(len(letters), np.int64), np.full(len(letters), -1, np.int64)
    for word in words:
        if len(word) > 1:
            leading[index[word[0]]] = 1
    for told in known:
        digit[index[told[0]]] = int(told[1:])
    found = np.zeros((limit, len(letters)), np.int64)
    count = _search(np.array(slots), np.array(ends), leading, digit, limit, found)
    return [tuple(row) for row in found[:count].tolist()]
