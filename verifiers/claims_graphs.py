"""Claims about networks: ways along edges, distances, edges of a tree, flows that are sent, places on a path."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from verimill.schemas.networks import Forest
from verimill.verifiers.claims import CHOSEN, FALSE, JUSTIFIED, KNOWN, LEAP, OPEN, Found
from verimill.verifiers.claims_numbers import hedged

Hop = tuple[str, str]

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|\d+|->|[^\sA-Za-z0-9_]")
_TOTAL = re.compile(r"\b(?:total|cost|length|weight|sum)\b\D{0,20}(\d{1,9})", re.I)
_FINAL = re.compile(r"\b(?:settle\w*|final|shortest|for good|visit\w*|permanent\w*|done)\b", re.I)
_FOR_NOW = re.compile(r"\b(?:tentative\w*|best|so far|updat\w*|currently|candidate|relax\w*)\b", re.I)
_TAKE = re.compile(r"\b(?:tak\w+|add\w*|includ\w*|accept\w*|into the tree|tree|choos\w*|select\w*|pick\w*|use)\b", re.I)
_SKIP = re.compile(r"\b(?:skip\w*|cycle|reject\w*|leave it out|discard\w*|not joined to)\b", re.I)
_NEXT = re.compile(r"\b(?:next|lightest|cheapest|smallest|consider)\b", re.I)
_PUSH = re.compile(
    r"(?:push(?:ing)?|send(?:ing)?|room for|augment(?:ing)?(?: by)?|bottleneck(?: is| of|:| =)?|flow of)"
    r"\s*:?\s*(\d{1,9})"
    r"|\bso (\d{1,9}) more",
    re.I,
)
_VALUE = re.compile(r"\b(?:value|max(?:imum)?[ -]flow|no more than|total flow)\b\D{0,12}(\d{1,9})", re.I)
_PLACE = re.compile(r"\b(?:place|position|spot)\s*(?:number\s*)?(\d{1,3})\b", re.I)
_UP = re.compile(r"\b(?:give it up|given up|go back|leads nowhere|dead end|not \w+ here|cut off|come last)\b", re.I)


class _Ways:
    """Finds names and ways, `A -> B -> C` or `A-B`, in sentences."""

    refuted = 0

    def __init__(self, names: Sequence[str], hops: Mapping[Hop, int]) -> None:
        self.names, self.hops = frozenset(names), hops

    def ways(self, text: str, marks: Sequence[str]) -> Iterator[tuple[list[str], int, int]]:
        """(names, start, end) of each longest run of two or more names joined by one of the marks."""
        way: list[str] = []
        start = end = 0
        linked = False
        for match in _TOKEN.finditer(text):
            word = match.group()
            if word in self.names:
                if way and linked:
                    way.append(word)
                else:
                    if len(way) > 1:
                        yield way, start, end
                    way, start = [word], match.start()
                end, linked = match.end(), False
            elif way and not linked and word in marks:
                linked = True
            else:
                if len(way) > 1:
                    yield way, start, end
                way, linked = [], False
        if len(way) > 1:
            yield way, start, end

    def missing(self, way: Sequence[str]) -> str:
        """The first hop that is no edge, or nothing."""
        for a, b in itertools.pairwise(way):
            if (a, b) not in self.hops:
                return f"no edge from {a} to {b}"
        return ""

    def length(self, way: Sequence[str]) -> int:
        """The numbers of the hops, summed."""
        return sum(self.hops[hop] for hop in itertools.pairwise(way))


class DistanceReader(_Ways):
    """`dist B = 8`, and whole ways with their totals."""

    def __init__(self, names: Sequence[str], hops: Mapping[Hop, int], source: str) -> None:
        super().__init__(names, hops)
        self.distance = _distances(hops, source)
        self.stated: dict[str, int] = {}
        name = "|".join(map(re.escape, names))
        self.claim = re.compile(
            rf"\b(?:dist\w*|cost|d)\s*(?:\(|\[|to |of |for )?\s*(?P<a>{name})\s*[)\]]?"
            rf"\s*(?:=|is|:)\s*(?P<n>\d{{1,9}})\b"
            rf"|\b(?P<b>{name})\s*(?:has|with|at|gets|is settled with|is settled at|settles at)\s*(?:a |an )?"
            rf"(?:final |total |tentative )?(?:distance|cost)\s*(?:of )?(?P<m>\d{{1,9}})\b"
        )

        self.best = re.compile(
            rf"\bnote (?P<n>\d{{1,9}}) for (?P<a>{name})\b|\b(?P<b>{name}) can be (?:had|reached)"
            rf" (?:for|in|at) (?P<m>\d{{1,9}})\b"
            rf"|= (?P<k>\d{{1,9}}), the best so far for (?P<c>{name})\b"
        )

    def sentence(self, text: str) -> list[Found]:
        """The ways and distances of a sentence, judged."""
        found = []
        for way, start, end in self.ways(text, ("->",)):
            total = _TOTAL.search(text, end) or re.match(r"\s*(?:=|\()\s*(\d{1,9})", text[end:])
            if hedged(text, start) or (len(way) == 2 and not total):
                continue
            why = self.missing(way)
            if not why and total and int(total[1]) != self.length(way):
                why = f"its length is {self.length(way)}"
            found.append(
                Found(f"path {' '.join(way)}{f' = {total[1]}' if total else ''}", FALSE if why else JUSTIFIED, why)
            )
        for match in self.claim.finditer(text):
            if not hedged(text, match.start()):
                found.append(self._judged(match["a"] or match["b"], int(match["n"] or match["m"]), text))
        for match in self.best.finditer(text):
            name, number = match["a"] or match["b"] or match["c"], int(match["n"] or match["m"] or match["k"])
            found.append(self._judged(name, number, "so far"))
        return found

    def _judged(self, name: str, claimed: int, text: str) -> Found:
        said = f"dist {name} = {claimed}"
        least = self.distance.get(name)
        if self.stated.get(name) == claimed:
            return Found(said, KNOWN)
        near = claimed == 0 and least == 0
        near = near or any(b == name and self.stated.get(a, -claimed) + w == claimed for (a, b), w in self.hops.items())
        if least is None or claimed < least:
            return Found(said, FALSE, "it cannot be reached" if least is None else f"it is {least}")
        if claimed > least and (not near or (_FINAL.search(text) and not _FOR_NOW.search(text))):
            return Found(said, FALSE, f"it is {least}")
        self.stated[name] = claimed
        return Found(said, JUSTIFIED if near else LEAP)


def _distances(hops: Mapping[Hop, int], source: str) -> dict[str, int]:
    """Least sums from the source, by rounds over all hops until nothing changes."""
    found = {source: 0}
    moved = True
    while moved:
        moved = False
        for (a, b), weight in hops.items():
            if a in found and found[a] + weight < found.get(b, found[a] + weight + 1):
                found[b] = found[a] + weight
                moved = True
    return found


class TreeReader(_Ways):
    """`tree A B 5` taken, `cycle A B 7` skipped, and the total."""

    def __init__(self, names: Sequence[str], hops: Mapping[Hop, int], least: int | None) -> None:
        super().__init__(names, hops)
        self.order = {name: at for at, name in enumerate(names)}
        self.least, self.taken, self.skipped = least, set[frozenset[str]](), set[frozenset[str]]()
        self.sum, self.parts = 0, Forest(len(names))
        self.next: tuple[str, str, int | None] | None = None  # spoken of, not yet taken or skipped

    def sentence(self, text: str) -> list[Found]:
        """The edges that a sentence takes or skips, and totals, judged."""
        found = []
        skip, take = _SKIP.search(text), _TAKE.search(text)
        edges = []
        for way, start, end in self.ways(text, ("-", "->")):
            if len(way) == 2 and not hedged(text, start):
                number = re.match(r"\s*(?:\(|with |of weight |: ?|= ?)?(\d{1,9})\b", text[end:])
                edges.append((way[0], way[1], int(number[1]) if number else None))
        if not edges and self.next is not None:
            edges = [self.next]
        if skip or take:
            found += [self._edge(*edge, bool(skip)) for edge in edges]
            self.next = None
        elif len(edges) == 1 and _NEXT.search(text):
            self.next = edges[0]
        total = re.search(r"\btotal\b\D{0,20}(\d{1,9})", text, re.I)
        if total and self.least is not None and not hedged(text, total.start()):
            said, whole = int(total[1]), len(self.taken) == len(self.names) - 1
            if said == self.least:
                found.append(Found(f"total {said}", JUSTIFIED if whole and self.sum == said else LEAP))
            elif said != self.sum or whole:
                found.append(Found(f"total {said}", FALSE, f"it is {self.least}"))
        return found

    def _edge(self, a: str, b: str, number: int | None, skip: bool) -> Found:
        said = f"{'cycle' if skip else 'tree'} {a} {b}{'' if number is None else f' {number}'}"
        weight = self.hops.get((a, b))
        if weight is None or (number is not None and number != weight):
            return Found(said, FALSE, "there is no such edge" if weight is None else f"its weight is {weight}")
        pair, u, v = frozenset((a, b)), self.order[a], self.order[b]
        if pair in (self.skipped if skip else self.taken):
            return Found(said, KNOWN)
        together = self.parts.find(u) == self.parts.find(v)
        if skip:
            self.skipped.add(pair)
            if together:
                return Found(said, JUSTIFIED)
            return Found(
                said, LEAP if self._joined(a, b, weight) else FALSE, "" if self._joined(a, b, weight) else "no cycle"
            )
        if together or self._joined(a, b, weight - 1):
            return Found(said, FALSE, "lighter edges join its ends" if not together else "it closes a cycle")
        self.taken.add(pair)
        self.sum += weight
        self.parts.join(u, v)
        lighter = any(
            w < weight and self.parts.find(self.order[x]) != self.parts.find(self.order[y])
            for (x, y), w in self.hops.items()
        )
        return Found(said, LEAP if lighter else JUSTIFIED)

    def _joined(self, a: str, b: str, most: int) -> bool:
        """Whether other edges of at most that weight join a and b."""
        parts = Forest(len(self.names))
        for (x, y), weight in self.hops.items():
            if weight <= most and {x, y} != {a, b}:
                parts.join(self.order[x], self.order[y])
        return parts.find(self.order[a]) == parts.find(self.order[b])


class FlowReader(_Ways):
    """`push 5` along a way, and the value."""

    def __init__(self, names: Sequence[str], hops: Mapping[Hop, int], source: str, sink: str, most: int) -> None:
        super().__init__(names, hops)
        self.room = dict(hops)
        self.source, self.sink, self.most, self.sent = source, sink, most, 0
        self.way: list[str] = []

    def sentence(self, text: str) -> list[Found]:
        """What a sentence sends, and the value it names, judged."""
        found = []
        for way, start, _ in self.ways(text, ("->",)):
            if len(way) > 2 and not hedged(text, start):
                self.way = way
        for match in _PUSH.finditer(text):
            if self.way and not hedged(text, match.start()):
                found.append(self._push(self.way, int(match[1] or match[2])))
                self.way = []
                break
        values = {int(match[1]) for match in _VALUE.finditer(text) if not hedged(text, match.start())}
        for value in sorted(values):
            if value == self.most:
                found.append(Found(f"value {value}", JUSTIFIED if self.sent == value else LEAP))
            elif value != self.sent:
                found.append(Found(f"value {value}", FALSE, f"it is {self.most}"))
        return found

    def _push(self, way: list[str], amount: int) -> Found:
        said = f"push {amount} {' '.join(way)}"
        if way[0] != self.source or way[-1] != self.sink:
            return Found(said, FALSE, f"it does not lead from {self.source} to {self.sink}")
        least = min(self.room.get(hop, 0) for hop in itertools.pairwise(way))
        if not 1 <= amount <= least:
            return Found(said, FALSE, f"there is room for {least}")
        for a, b in itertools.pairwise(way):
            self.room[a, b] -= amount
            self.room[b, a] = self.room.get((b, a), 0) + amount
        self.sent += amount
        return Found(said, JUSTIFIED)


class PlaceReader(_Ways):
    """`at 3 C` on a path that visits every node once; choices are free, dead ends are given up."""

    def __init__(self, names: Sequence[str], hops: Mapping[Hop, int], start: str | None) -> None:
        super().__init__(names, hops)
        self.start, self.way, self.refuted = start, list[str](), 0

    def sentence(self, text: str) -> list[Found]:
        """The places and whole ways of a sentence, judged."""
        found = []
        for way, start, _ in self.ways(text, ("->",)):
            if len(way) > 2 and not hedged(text, start):
                why = self.missing(way) or ("" if len(set(way)) == len(way) else "a node is passed twice")
                found.append(Found(f"path {' '.join(way)}", FALSE if why else JUSTIFIED, why))
        if _UP.search(text) and not re.search(r"must be at|is left after", text):
            return found
        for match in _PLACE.finditer(text):
            names = [m.group() for m in _TOKEN.finditer(text[: match.start()]) if m.group() in self.names]
            if names and not hedged(text, match.start()):
                after = len(names) > 1 and re.search(
                    rf"\bafter {re.escape(names[-1])}\b\W*at\W*$", text[: match.start()]
                )
                found.append(self._at(int(match[1]), names[-2] if after else names[-1]))
        return found

    def _at(self, place: int, name: str) -> Found:
        said = f"at {place} {name}"
        if 0 < place <= len(self.way) and self.way[place - 1] == name:
            return Found(said, KNOWN)
        if place < 1 or place > len(self.way) + 1:
            return Found(said, OPEN, f"place {place - 1} is not settled")
        why = ""
        if name in self.way[: place - 1]:
            why = f"{name} is passed already"
        elif place == 1 and self.start not in (None, name):
            why = f"the path starts at {self.start}"
        elif place > 1:
            why = self.missing([self.way[place - 2], name])
        if why:
            return Found(said, FALSE, why)
        self.refuted += len(self.way) - place + 1
        self.way[place - 1 :] = [name]
        forced = place > 1 and sum((self.way[-2], other) in self.hops for other in self.names - set(self.way[:-1])) == 1
        return Found(said, JUSTIFIED if forced else CHOSEN)
