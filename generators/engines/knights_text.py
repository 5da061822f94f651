"""Knights and knaves in words: statements in English, prompts, and the deduction told step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from verimill.schemas.core import Face, Step
from verimill.schemas.formulas import parse
from verimill.schemas.logic.knights_knaves import SKINS, Problem

_PLACES = {
    "island": "On a far island lives a small community",
    "village": "In a remote village some neighbours meet",
    "court": "At the royal court a few courtiers gather",
    "spirits": "In an old chapel a group of spirits appears",
}
_COUNT_WORDS = {"exactly": "exactly", "least": "at least", "most": "at most"}


def article(word: str) -> str:
    """The word with a or an."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


_ARTICLES = {word: article(word) for words in SKINS.values() for word in words}


# Of each connective what stands before, between and after what it joins.
_WORDS = {
    "and": ("(", " and ", ")"),
    "or": ("(", " or ", ")"),
    "xor": ("(either ", " or ", ", but not both)"),
    "iff": ("(", " if and only if ", ")"),
    "if": ("(if ", " then ", ")"),
    "not": ("(it is not true that ", "", ")"),
}
_SYMBOLS = {
    "and": ("(", " & ", ")"),
    "or": ("(", " | ", ")"),
    "xor": ("(", " xor ", ")"),
    "iff": ("(", " <-> ", ")"),
    "if": ("(", " -> ", ")"),
    "not": ("(~", "", ")"),
}


_LEAVES = tuple((f"k{i}", f"n{i}") for i in range(12))


def _assembled(
    formula: str,
    joined: Mapping[str, tuple[str, str, str]],
    leaves: Mapping[str, str],
    counted: Callable[[str], str],
) -> str:
    """The formula with its inner compound parts in brackets, put together from its end."""
    tokens = formula.split(" ")
    if len(tokens) == 1:
        return leaves[formula] if formula in leaves else counted(formula)
    parts: list[str] = []
    pop, push = parts.pop, parts.append
    tokens.reverse()
    for token in tokens:
        if token in leaves:
            push(leaves[token])
        elif token in joined:
            before, between, after = joined[token]
            push(before + pop() + between + pop() + after if between else before + pop() + after)
        else:
            push(f"({counted(token)})")
    return parts[0][1:-1]


def _counted(speaker: int, names: tuple[str, ...], word: str, token: str) -> str:
    head, k, members = parse(token)
    group = f"the {len(names)} of us" if len(members) == len(names) else _listed(members, speaker, names)
    if k == 0 and head != "least":
        return f"of {group}, none is {article(word)}"
    be = f"is {article(word)}" if k == 1 else f"are {word}s"
    return f"of {group}, {_COUNT_WORDS[head]} {k} {be}"


def _listed(members: tuple[int, ...], speaker: int, names: tuple[str, ...]) -> str:
    who = [names[i] for i in members if i != speaker] + (["me"] if speaker in members else [])
    return f"{', '.join(who[:-1])} and {who[-1]}"


def _quotes(problem: Problem) -> list[tuple[str, str]]:
    """Who speaks and what they say, with a capital."""
    names = problem.names
    knight, knave = SKINS[problem.skin]
    truthful, lying = f" is {_ARTICLES[knight]}", f" is {_ARTICLES[knave]}"
    mine = f"I am {_ARTICLES[knight]}", f"I am {_ARTICLES[knave]}"
    leaves = {}
    for name, (true, false) in zip(names, _LEAVES, strict=False):
        leaves[true], leaves[false] = name + truthful, name + lying
    out = []
    for speaker, formula in problem.statements:
        true, false = _LEAVES[speaker]
        theirs = leaves[true], leaves[false]
        leaves[true], leaves[false] = mine
        text = _assembled(formula, _WORDS, leaves, partial(_counted, speaker, names, knight))
        leaves[true], leaves[false] = theirs
        out.append((names[speaker], text[0].upper() + text[1:]))
    return out


def _speech(problem: Problem) -> str:
    return "\n".join(f'{at}. {name} says: "{text}."' for at, (name, text) in enumerate(_quotes(problem), 1))


_VERBS = ("says", "claims", "tells you", "states", "remarks", "insists", "declares")


def _prose(problem: Problem) -> str:
    return " ".join(f'({at}) {name} {_VERBS[at % 7]}, "{text}."' for at, (name, text) in enumerate(_quotes(problem), 1))


def _table(problem: Problem) -> str:
    rows = [f"| {at} | {name} | {text} |" for at, (name, text) in enumerate(_quotes(problem), 1)]
    return "\n".join(["| no. | speaker | statement |", "|---|---|---|", *rows])


def _count_symbol(names: tuple[str, ...], token: str) -> str:
    head, k, members = parse(token)
    return f"{'at ' if head != 'exactly' else ''}{head} {k} of {{{', '.join(names[i] for i in members)}}}"


def _symbols(problem: Problem) -> str:
    words = SKINS[problem.skin]
    legend = (
        f"(A name stands for `this person is {article(words[0])}`; ~ is not, & and, | or, -> if-then, <-> if and only "
        f"if, xor exactly one of two, `exactly k of {{...}}` counts the {words[0]}s among those named.)"
    )
    names = problem.names
    leaves = {}
    for name, (true, false) in zip(names, _LEAVES, strict=False):
        leaves[true], leaves[false] = name, f"~{name}"
    counted = partial(_count_symbol, names)
    rows = [
        f"{at}. {names[speaker]} says: {_assembled(formula, _SYMBOLS, leaves, counted)}"
        for at, (speaker, formula) in enumerate(problem.statements, 1)
    ]
    return "\n".join([legend, *rows])


def facts(problem: Problem) -> Mapping[str, str]:
    """The words that the wordings are filled with."""
    truthful, lying = SKINS[problem.skin]
    names = problem.names
    return {
        "place": _PLACES[problem.skin],
        "names": f"{', '.join(names[:-1])} and {names[-1]}",
        "n": str(len(names)),
        "t": truthful,
        "l": lying,
        "a_t": article(truthful),
        "a_l": article(lying),
    }


_READING = (
    'Brackets group what belongs together, "or" allows both, and "if X then Y" is false only when X is true and Y is '
    "false."
)
_WORDINGS = (
    "{place}: {names}. Each of them is either {a_t} or {a_l}. Whatever {a_t} says is true; whatever {a_l} says is "
    "false. This is what you hear:\n\n{board}\n\n" + _READING + " Find out who is {a_t} and who is {a_l}.\n\n{answer}",
    "Everyone in this puzzle is one of two kinds. The {t}s make only true statements and the {l}s make only "
    "false ones. You meet {names}, who speak as follows.\n\n{board}\n\nWork out the kind of each of the {n} "
    "people. " + _READING + "\n\n{answer}",
    "Logic problem. People: {names}. Kinds: {t} (each statement this person makes is true) and {l} (each statement "
    "this person makes is false). Statements:\n\n{board}\n\nHow to read them: " + _READING
    + " Determine the kind of every person from the statements.\n\n{answer}",
    "{place}. You know that they come in two sorts: the {t}, all of whose statements are true, and the {l}, all of "
    "whose statements are false, and that each of {names} is one or the other. You write down what they "
    "say:\n\n{board}\n\n" + _READING + "\nWho is what?\n\n{answer}",
)  # fmt: skip

FACE: Face[Problem] = Face(
    wordings=_WORDINGS,
    layouts={"speech": _speech, "prose": _prose, "table": _table, "symbols": _symbols},
    facts=facts,
)


# ---------------------------------------------------------------- the deduction in words


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One line for each step; what follows from a supposition is numbered below it."""
    teller = _Teller(problem)
    for step in steps:
        if step.rule == "check":
            teller.lines.append(_checked(step.number, step.claims[0]))
        else:
            teller.tell(step, str(step.number), "")
    return "\n".join(teller.lines)


@lru_cache(maxsize=2048)
def _checked(number: int, claim: str) -> str:
    """The line of a check; the same few occur in every trace."""
    return f"{number}. Check: {claim}, as it must be for its speaker."


_REFS = tuple(f"statement {at}" for at in range(1, 25))


class _Teller:
    """Every fact in words, and the lines so far."""

    def __init__(self, problem: Problem) -> None:
        names = problem.names
        self.speakers = {ref: names[who] for ref, (who, _) in zip(_REFS, problem.statements, strict=False)}
        self.lines: list[str] = []
        self.fact: dict[str, str] = {}
        self.knight, self.knave = (_ARTICLES[word] for word in SKINS[problem.skin])
        for name in names:
            self.fact[f"{name}=knight"], self.fact[f"{name}=knave"] = (
                f"{name} is {self.knight}",
                f"{name} is {self.knave}",
            )

    def tell(self, step: Step, number: str, indent: str) -> None:
        claim = step.claims[0]
        if step.rule == "suppose":
            name, _, role = claim.partition("=")
            opposite = self.knave if role == "knight" else self.knight
            self.lines.append(f"{indent}{number}. Suppose {name} were {opposite}.")
            for inner in step.sub:
                self.tell(inner, f"{number}.{inner.number}", indent + "  ")
            self.lines.append(f"{indent}   That cannot be, so {self.fact[claim]}.")
        else:
            because = step.because
            if len(because) == 1:
                given = ""
            elif len(because) == 2:
                given = self.fact[because[1]]
            else:
                known = [self.fact[fact] for fact in because[1:]]
                given = f"{', '.join(known[:-1])} and {known[-1]}"
            self.lines.append(f"{indent}{number}. {self.reason(step.rule, because[0], given, claim)}")

    def reason(self, rule: str, ref: str, given: str, claim: str) -> str:
        """Why the claim follows from the statement and the facts given."""
        speaker = self.speakers[ref]
        if rule == "contradiction":
            return f"S{ref[1:]}, by {speaker}, is impossible{f' once {given}' if given else ''}: contradiction."
        so = self.fact[claim]
        if rule == "content":
            return f"Since {given}, {ref} leaves only this: {so}."
        if rule == "speaker":
            return f"Now that {given}, {ref} is settled, and so is its speaker: {so}."
        if claim.startswith(f"{speaker}="):
            return f"{f'Now that {given}, {ref}' if given else f'S{ref[1:]}'} fits its speaker only if {so}."
        if given:
            return f"Given that {given}, {ref} holds together only if {so}, whatever {speaker} is."
        return f"S{ref[1:]} alone holds together only if {so}: either kind of {speaker} leads there."
