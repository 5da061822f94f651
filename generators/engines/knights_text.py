"""Knights and knaves in words: statements in English, prompts, and the deduction told step by step."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.schemas.core import Face, Step
from verimill.schemas.formulas import COUNTS, Node, parse
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


def said(node: Node, speaker: int, names: tuple[str, ...], words: tuple[str, str]) -> str:
    """The formula as the speaker says it; inner compound parts stand in brackets."""
    head = node[0]
    if head in ("k", "n"):
        role = article(words[head == "n"])
        return f"I am {role}" if node[1] == speaker else f"{names[node[1]]} is {role}"
    if head in COUNTS:
        return _counted(node, speaker, names, words[0])
    if head == "not":
        return f"it is not true that {_part(node[1], speaker, names, words)}"
    left, right = _part(node[1], speaker, names, words), _part(node[2], speaker, names, words)
    if head == "and":
        return f"{left} and {right}"
    if head == "or":
        return f"{left} or {right}"
    if head == "xor":
        return f"either {left} or {right}, but not both"
    if head == "iff":
        return f"{left} if and only if {right}"
    return f"if {left} then {right}"


def _part(node: Node, speaker: int, names: tuple[str, ...], words: tuple[str, str]) -> str:
    text = said(node, speaker, names, words)
    return text if node[0] in ("k", "n") else f"({text})"


def _counted(node: Node, speaker: int, names: tuple[str, ...], word: str) -> str:
    head, k, members = node
    group = f"the {len(names)} of us" if len(members) == len(names) else _listed(members, speaker, names)
    if k == 0 and head != "least":
        return f"of {group}, none is {article(word)}"
    be = f"is {article(word)}" if k == 1 else f"are {word}s"
    return f"of {group}, {_COUNT_WORDS[head]} {k} {be}"


def _listed(members: tuple[int, ...], speaker: int, names: tuple[str, ...]) -> str:
    who = [names[i] for i in members if i != speaker] + (["me"] if speaker in members else [])
    return f"{', '.join(who[:-1])} and {who[-1]}"


def _quotes(problem: Problem) -> list[tuple[str, str]]:
    words = SKINS[problem.skin]
    out = []
    for speaker, formula in problem.statements:
        text = said(parse(formula), speaker, problem.names, words)
        out.append((problem.names[speaker], text[0].upper() + text[1:]))
    return out


def _speech(problem: Problem) -> str:
    return "\n".join(f'{at}. {name} says: "{text}."' for at, (name, text) in enumerate(_quotes(problem), 1))


_VERBS = ("says", "claims", "tells you", "states", "remarks", "insists", "declares")


def _prose(problem: Problem) -> str:
    return " ".join(f'({at}) {name} {_VERBS[at % 7]}, "{text}."' for at, (name, text) in enumerate(_quotes(problem), 1))


def _table(problem: Problem) -> str:
    rows = [f"| {at} | {name} | {text} |" for at, (name, text) in enumerate(_quotes(problem), 1)]
    return "\n".join(["| no. | speaker | statement |", "|---|---|---|", *rows])


_SYMBOLS = {"and": "&", "or": "|", "xor": "xor", "iff": "<->", "if": "->"}


def _symbol(node: Node, names: tuple[str, ...]) -> str:
    head = node[0]
    if head == "k":
        return names[node[1]]
    if head == "n":
        return f"~{names[node[1]]}"
    if head in COUNTS:
        return f"{'at ' if head != 'exactly' else ''}{head} {node[1]} of {{{', '.join(names[i] for i in node[2])}}}"
    if head == "not":
        return f"~({_symbol(node[1], names)})"
    left, right = (_symbol(part, names) if part[0] in ("k", "n") else f"({_symbol(part, names)})" for part in node[1:])
    return f"{left} {_SYMBOLS[head]} {right}"


def _symbols(problem: Problem) -> str:
    words = SKINS[problem.skin]
    legend = (
        f"(A name stands for `this person is {article(words[0])}`; ~ is not, & and, | or, -> if-then, <-> if and only "
        f"if, xor exactly one of two, `exactly k of {{...}}` counts the {words[0]}s among those named.)"
    )
    rows = [
        f"{at}. {problem.names[speaker]} says: {_symbol(parse(formula), problem.names)}"
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
    lines: list[str] = []
    for step in steps:
        _tell(problem, SKINS[problem.skin], step, str(step.number), "", lines)
    return "\n".join(lines)


def _fact(words: tuple[str, str], text: str) -> str:
    name, _, role = text.partition("=")
    return f"{name} is {article(words[role == 'knave'])}"


def _opposite(words: tuple[str, str], text: str) -> str:
    name, _, role = text.partition("=")
    return f"{name} were {article(words[role != 'knave'])}"


def _tell(problem: Problem, words: tuple[str, str], step: Step, number: str, indent: str, lines: list[str]) -> None:
    claim = step.claims[0]
    if step.rule == "suppose":
        lines.append(f"{indent}{number}. Suppose {_opposite(words, claim)}.")
        for inner in step.sub:
            _tell(problem, words, inner, f"{number}.{inner.number}", indent + "  ", lines)
        lines.append(f"{indent}   That cannot be, so {_fact(words, claim)}.")
        return
    ref = step.because[0]
    if step.rule == "check":
        lines.append(f"{indent}{number}. Check: {claim}, as it must be for its speaker.")
        return
    known = [_fact(words, fact) for fact in step.because[1:]]
    given = f"{', '.join(known[:-1])} and {known[-1]}" if len(known) > 1 else "".join(known)
    at = int(ref.rpartition(" ")[2]) - 1
    speaker = problem.names[problem.statements[at][0]]
    if step.rule == "contradiction":
        because = f" once {given}" if given else ""
        lines.append(
            f"{indent}{number}. Statement {at + 1}, by {speaker}, cannot be squared with this{because}: contradiction."
        )
        return
    so = _fact(words, claim)
    if step.rule == "content":
        text = f"Since {given}, statement {at + 1} leaves only this: {so}."
    elif step.rule == "speaker":
        text = f"Now that {given}, statement {at + 1} is settled, and so is its speaker: {so}."
    elif so.startswith(f"{speaker} "):
        text = f"{f'Now that {given}, ' if given else ''}statement {at + 1} fits its speaker only if {so}."
    elif given:
        text = f"Given that {given}, statement {at + 1} holds together only if {so}, whatever {speaker} is."
    else:
        text = f"Statement {at + 1} alone holds together only if {so}: either kind of {speaker} leads there."
    lines.append(f"{indent}{number}. {text[0].upper()}{text[1:]}")
