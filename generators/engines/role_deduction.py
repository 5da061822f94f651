"""Who is what, deduced statement by statement over truth tables, with suppositions where nothing follows.

Every choice is by lowest index, so the deduction is the same whenever it is made.
"""

from __future__ import annotations

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


class Deducer:
    """Known facts as a table and a map, with the lines of one problem; every choice is by lowest index."""

    def __init__(self, n: int, lines: tuple[Line, ...]) -> None:
        self.n = n
        self.lines = lines
        self.people = cast(n)
        self.looks = 0  # statements looked at, the work that was done

    def spread(self, facts: int, known: dict[int, bool], entries: list[Entry]) -> int | None:
        """Every fact that single statements force, appended to `entries`; None after a contradiction."""
        true, false = self.people.true, self.people.false
        while True:
            late: tuple[int, Line, Fact] | None = None
            progress = False
            self.looks += len(self.lines)
            for at, line in enumerate(self.lines):
                world = facts & line.agree
                if not world:
                    entries.append(Entry("contradiction", 0, at, self.cite(line, known, line.agree), None))
                    return None
                if world == facts:
                    continue  # true in every world that is left: it forces nothing
                for i in line.people:
                    if i in known:
                        continue
                    if not world & true[i]:
                        value = False
                    elif not world & false[i]:
                        value = True
                    else:
                        continue
                    if line.speaker in known:
                        entries.append(self.entry("content", 0, at, line, known, (i, value)))
                    elif i == line.speaker and self.settled(line, facts):
                        entries.append(self.entry("speaker", 0, at, line, known, (i, value)))
                    else:
                        late = late or (at, line, (i, value))
                        continue
                    known[i] = value
                    facts &= true[i] if value else false[i]
                    world = facts & line.agree
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
        true, false = self.people.true, self.people.false
        settled = 0
        moved = True
        while moved:
            moved = False
            self.looks += len(self.lines)
            for line in self.lines:
                world = facts & line.agree
                if world == facts:
                    continue  # true in every world that is left: it forces nothing
                if not world:
                    return settled
                for i in line.people:
                    if not world & true[i]:
                        left = facts & false[i]
                    elif not world & false[i]:
                        left = facts & true[i]
                    else:
                        continue
                    if left != facts:
                        facts = left
                        settled += 1
                        if settled >= least:
                            return -1
                        moved = True
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
        true, false = self.people.true, self.people.false
        cited = [i for i in line.people if i in known]
        if not cited:
            return ()
        for i in cited[::-1]:
            if i == line.speaker:
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
        for i in range(self.n):
            if i not in known:
                for value, table_ in ((True, self.people.true), (False, self.people.false)):
                    length = self.falls(facts & table_[i], least)
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
    cut = [entry._replace(sub=needed(entry.sub)) if entry.sub else entry for entry in entries]
    if not cut:
        return ()
    wanted = rests_on(cut[-1])
    kept = [cut[-1]]
    for entry in reversed(cut[:-1]):
        if entry.fact in wanted:
            kept.append(entry)
            wanted |= rests_on(entry)
    return tuple(reversed(kept))


def rests_on(entry: Entry) -> set[Fact]:
    """Facts from outside that an entry cites, in itself or within its sub."""
    out = set(entry.cited)
    inside = {inner.fact for inner in entry.sub} | {entry.supposed}
    for inner in entry.sub:
        out |= rests_on(inner) - inside
    return out
