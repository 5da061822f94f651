"""Who is what, deduced statement by statement over truth tables, with suppositions where nothing follows.

Every choice is by lowest index, so the deduction is the same whenever it is made.
"""

from __future__ import annotations

from functools import lru_cache
from operator import is_
from typing import NamedTuple

from verimill.generators.engines.truth_tables import Line, cast

Fact = tuple[int, bool]  # (person, truthful)


class Entry(NamedTuple):
    """One deduction: `fact` (None: a contradiction) from statement `by` and the cited facts, or from `sub`."""

    rule: str
    tier: int
    by: int | None
    cited: tuple[Fact, ...]
    fact: Fact | None
    sub: tuple[Entry, ...] = ()
    supposed: Fact | None = None


@lru_cache(maxsize=2048)
def _sides(n: int, people: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """The tables of each of these people, truthful and lying."""
    true, false, _ = cast(n)
    return tuple([(true[i], false[i]) for i in people])


class Deducer:
    """Known facts as a table and a map, with the lines of one problem; every choice is by lowest index."""

    def __init__(self, n: int, lines: tuple[Line, ...]) -> None:
        self.n = n
        self.lines = lines
        self.people = cast(n)
        self.numbered = tuple(enumerate(lines))
        self.agreed = tuple([(line.agree, _sides(n, line.people)) for line in lines])
        self.looks = 0  # statements looked at, the work that was done

    def spread(self, facts: int, known: dict[int, bool], entries: list[Entry]) -> int | None:
        """Every fact that single statements force, appended to `entries`; None after a contradiction."""
        true, false = self.people.true, self.people.false
        while True:
            late: tuple[int, Line, Fact] | None = None
            progress = False
            self.looks += len(self.lines)
            for at, line in self.numbered:
                speaker, _, agree, people = line
                world = facts & agree
                if world == facts:
                    continue  # true in every world that is left: it forces nothing
                if not world:
                    entries.append(Entry("contradiction", 0, at, self.cite(line, known, agree), None))
                    return None
                for i in people:
                    if i in known:
                        continue
                    if not world & true[i]:
                        value = False
                    elif not world & false[i]:
                        value = True
                    else:
                        continue
                    if speaker in known:
                        entries.append(self.entry("content", 0, at, line, known, (i, value)))
                    elif i == speaker and self.settled(line, facts):
                        entries.append(self.entry("speaker", 0, at, line, known, (i, value)))
                    else:
                        late = late or (at, line, (i, value))
                        continue
                    known[i] = value
                    facts &= true[i] if value else false[i]
                    world = facts & agree
                    progress = True
            if not progress:
                if late is None:
                    return facts
                at, line, fact = late
                entries.append(self.entry("either", 1, at, line, known, fact))
                known[fact[0]] = fact[1]
                facts &= true[fact[0]] if fact[1] else false[fact[0]]

    def falls(self, facts: int, least: int) -> int:
        """How many people single statements settle before they contradict each other; -1 if they do not, or not
        before `least` people are settled.

        As `spread`, with nothing written down: most suppositions are only tried.
        """
        settled = looks = 0
        moved = True
        while moved:
            moved = False
            looks += 1
            for agree, sides in self.agreed:
                world = facts & agree
                if world == facts:
                    continue  # true in every world that is left: it forces nothing
                if not world:
                    self.looks += looks * len(self.lines)
                    return settled
                for true, false in sides:
                    if not world & true:
                        left = facts & false
                    elif not world & false:
                        left = facts & true
                    else:
                        continue
                    if left != facts:
                        facts = left
                        settled += 1
                        if settled >= least:
                            self.looks += looks * len(self.lines)
                            return -1
                        moved = True
        self.looks += looks * len(self.lines)
        return -1

    def settled(self, line: Line, facts: int) -> bool:
        """Whether the facts alone say if the line is true, which tells what its speaker is."""
        world = facts & line.said
        return not world or world == facts

    def entry(self, rule: str, tier: int, at: int, line: Line, known: dict[int, bool], fact: Fact) -> Entry:
        """The deduction of `fact` from a line, citing the fewest facts."""
        if rule == "speaker":  # settled by the facts alone, not by what the speaker's role would do to it
            base = self.people.everything ^ line.said if fact[1] else line.said
        else:
            base = line.agree & (self.people.false[fact[0]] if fact[1] else self.people.true[fact[0]])
        return Entry(rule, tier, at, self.cite(line, known, base), fact)

    def cite(self, line: Line, known: dict[int, bool], base: int) -> tuple[Fact, ...]:
        """Known facts about the line's people that leave nothing of `base`; none but the speaker's can be left out."""
        cited = [i for i in line.people if i in known]
        if not cited:
            return ()
        true, false, _ = self.people
        speaker = line.speaker
        if len(cited) == 1:
            i = cited[0]
            if i != speaker and not base:
                return ()
            return ((i, known[i]),)
        for i in cited[::-1]:
            if i == speaker:
                continue  # "she is a knight, so what she says holds" reads better than a rule without her
            world = base
            for j in cited:
                if j != i:
                    world &= true[j] if known[j] else false[j]
            if not world:
                cited.remove(i)
        return tuple([(i, known[i]) for i in cited])

    def refute(self, facts: int, known: dict[int, bool], fact: Fact, depth: int) -> list[Entry] | None:
        """The consequences of supposing `fact`, ending in a contradiction; None if none is found."""
        entries: list[Entry] = []
        inner = dict(known)
        inner[fact[0]] = fact[1]
        base = self.spread(facts & (self.people.true if fact[1] else self.people.false)[fact[0]], inner, entries)
        while base is not None:
            found = self.suppose(base, inner, depth - 1)
            if found is None or found.fact is None:
                return None
            entries.append(found)
            i, value = found.fact
            inner[i] = value
            base = self.spread(base & (self.people.true if value else self.people.false)[i], inner, entries)
        return entries

    def quickest(self, facts: int, known: dict[int, bool]) -> Fact | None:
        """The fact that propagation alone refutes after settling the fewest people; the lowest on a tie."""
        best: Fact | None = None
        least = self.n + 1
        true, false, _ = self.people
        for i in range(self.n):
            if i not in known:
                for value in (True, False):
                    length = self.falls(facts & (true if value else false)[i], least)
                    if length >= 0:
                        best, least = (i, value), length
        return best

    def suppose(self, facts: int, known: dict[int, bool], depth: int) -> Entry | None:
        """The first fact whose opposite is refuted, by propagation if that can be, else at the least depth."""
        if depth < 1:
            return None
        best = self.quickest(facts, known)
        if best is not None:
            return self.supposed(best, self.refute(facts, known, best, 1) or [], 1)
        for deep in range(2, depth + 1):
            for i in range(self.n):
                for value in (True, False):
                    sub = None if i in known else self.refute(facts, known, (i, value), deep)
                    if sub is not None:
                        return self.supposed((i, value), sub, deep)
        return None

    def supposed(self, fact: Fact, sub: list[Entry], depth: int) -> Entry:
        """The opposite of `fact`, which `sub` refutes."""
        return Entry("suppose", 1 + depth, None, (), (fact[0], not fact[1]), tuple(sub), fact)

    def run(self) -> list[Entry]:
        """The whole deduction: every person, or up to a contradiction where nothing fits."""
        entries: list[Entry] = []
        known: dict[int, bool] = {}
        facts = self.spread(self.people.everything, known, entries)
        while facts is not None and len(known) < self.n:
            found = self.suppose(facts, known, self.n)
            if found is None or found.fact is None:
                return entries  # more than one reading is left
            entries.append(found)
            i, value = found.fact
            known[i] = value
            facts = self.spread(facts & (self.people.true if value else self.people.false)[i], known, entries)
        return entries


def size(entries: tuple[Entry, ...] | list[Entry]) -> int:
    """Deductions, nested ones included."""
    return sum(1 + size(entry.sub) if entry.sub else 1 for entry in entries)


def needed(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries without what their last one does not rest on; subs are cut the same way."""
    if not entries:
        return ()
    last = cut(entries[-1])
    wanted = rests_on(last)
    kept = [last]
    for entry in reversed(entries[:-1]):
        if entry.fact in wanted:
            entry = cut(entry)
            kept.append(entry)
            wanted |= rests_on(entry)
    kept.reverse()
    return tuple(kept)


def cut(entry: Entry) -> Entry:
    """The entry without what its sub does not need; the entry itself where that is nothing."""
    if not entry.sub:
        return entry
    sub = needed(entry.sub)
    if len(sub) == len(entry.sub) and all(map(is_, sub, entry.sub)):
        return entry
    rule, tier, by, cited, fact, _, supposed = entry
    return Entry(rule, tier, by, cited, fact, sub, supposed)


def rests_on(entry: Entry) -> set[Fact]:
    """Facts from outside that an entry cites, in itself or within its sub."""
    out = set(entry.cited)
    if not entry.sub:
        return out
    inside = {inner.fact for inner in entry.sub} | {entry.supposed}
    for inner in entry.sub:
        out |= rests_on(inner) - inside
    return out
