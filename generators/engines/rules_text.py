"""Facts and rules in words: statements, prompts, and the chain of conclusions told step by step."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.schemas.core import Face, Step
from verimill.schemas.logic.deduction import ANYONE, SKINS, Literal, Problem, fact_text, trait_text

TRAITS = tuple(
    "tall kind rich brave calm clever curious eager famous gentle happy honest humble jolly lucky modest noble patient "
    "polite proud quick quiet serious shy silly sleepy smart strict strong sturdy tidy wise witty young busy bold "
    "cheerful round green heavy".split()
)


def _someone(problem: Problem, statement: tuple[Literal, ...]) -> str:
    """A rule about anybody, in one of four forms that the statement itself picks."""
    anyone, everyone = SKINS[problem.skin]
    # Plain traits first: "kind and not tall" can be read in one way only, "not tall and kind" in two.
    ordered = sorted((trait for _, trait in statement[:-1]), key=lambda trait: trait < 0)
    conditions = " and ".join(trait_text(problem, trait) for trait in ordered)
    end = trait_text(problem, statement[-1][1])
    they = "they are" if problem.skin == "people" else "it is"
    form = sum(trait for _, trait in statement) % 4
    if form == 0:
        return f"if {anyone} is {conditions}, then {they} {end}"
    if form == 1:
        return f"all {everyone} that are {conditions} are {end}"
    if form == 2:
        every = "anyone who" if problem.skin == "people" else f"any {anyone.removeprefix('a ')} that"
        return f"{every} is {conditions} is {end}"  # "someone who is" might be read of one person only
    return (
        f"{they} {end} whenever {anyone} is {conditions}"
        if problem.skin != "people"
        else (f"whenever {anyone} is {conditions}, {they} {end}")
    )


def sentence(problem: Problem, statement: tuple[Literal, ...]) -> str:
    """The statement without its full stop."""
    if len(statement) == 1:
        return fact_text(problem, statement[0])
    if statement[-1][0] == ANYONE:
        text = _someone(problem, statement)
        return text[0].upper() + text[1:]
    conditions = " and ".join(fact_text(problem, literal) for literal in statement[:-1])
    return f"If {conditions}, then {fact_text(problem, statement[-1])}"


def _list(problem: Problem) -> str:
    return "\n".join([f"{at}. {sentence(problem, s)}." for at, s in enumerate(problem.statements, 1)])


def _prose(problem: Problem) -> str:
    return " ".join([f"[{at}] {sentence(problem, s)}." for at, s in enumerate(problem.statements, 1)])


def _split(problem: Problem) -> str:
    numbered = list(enumerate(problem.statements, 1))
    facts_ = [f"({at}) {sentence(problem, s)}." for at, s in numbered if len(s) == 1]
    rules = [f"({at}) {sentence(problem, s)}." for at, s in numbered if len(s) > 1]
    return "\n".join(["Facts:", *facts_, "Rules:", *rules])


def _symbol(problem: Problem, literal: Literal) -> str:
    who, trait = literal
    name = "x" if who == ANYONE else problem.names[who]
    return f"{'~' if trait < 0 else ''}{problem.traits[abs(trait) - 1]}({name})"


def _symbols(problem: Problem) -> str:
    legend = "(~ is not, & is and, -> is if-then used forwards only; a rule with x holds for each of them.)"
    rows = []
    for at, statement in enumerate(problem.statements, 1):
        left = " & ".join(_symbol(problem, literal) for literal in statement[:-1])
        rows.append(f"{at}. {left + ' -> ' if left else ''}{_symbol(problem, statement[-1])}")
    return "\n".join([legend, *rows])


def facts(problem: Problem) -> Mapping[str, str]:
    """The words that the wordings are filled with."""
    who, trait = problem.question
    return {
        "names": f"{', '.join(problem.names[:-1])} and {problem.names[-1]}",
        "kind": SKINS[problem.skin][1],
        "question": fact_text(problem, problem.question),
        "opposite": fact_text(problem, (who, -trait)),
        "person": problem.names[who],
        "m": str(len(problem.statements)),
    }


_WORDINGS = (
    "Here are {m} statements about the {kind} {names}.\n\n{board}\n\nUse them as follows. What is stated as a fact "
    "holds. A rule gives its conclusion once all of its conditions hold; it is never used backwards. Something is "
    '"not" so only if that is stated or concluded; what cannot be concluded is not thereby false. Does this '
    'statement follow: "{question}"? It is true if it follows, false if "{opposite}" follows, and unknown if '
    "neither does.\n\n{answer}",
    "Decide whether it is true, false or unknown that {question}. The {kind} are {names}. All that is known "
    "is:\n\n{board}\n\nThe world is open: no news is no evidence, so a trait is absent only when that is given or "
    "concluded by a rule. Rules run from conditions to conclusion and in no other direction. True means that the "
    'claim can be concluded, false that "{opposite}" can be concluded, unknown that neither can.\n\n{answer}',
    "Theory:\n{board}\n\nQuery: {question}.\n\nSemantics: forward chaining under the open-world assumption over "
    "{names} ({kind}). A fact is known if listed, or if it is the conclusion of a rule all of whose conditions "
    "are known; negated traits are known in the same two ways and no other; contraposition is not used. The query is "
    "true if known, false if its opposite ({opposite}) is known, else unknown.\n\n{answer}",
    "{names} are {kind}. Read the {m} statements and find out what can be concluded about {person}.\n\n{board}\n\nIs "
    "it so that {question}? Conclude only what a fact says or what a rule says whose conditions are all met. Do not "
    "reason from a conclusion back to conditions, and do not take silence for a no: say true if the claim can be "
    "concluded, false if it can be concluded that {opposite}, and unknown if neither can be concluded.\n\n{answer}",
)

FACE: Face[Problem] = Face(
    wordings=_WORDINGS,
    layouts={"list": _list, "prose": _prose, "split": _split, "symbols": _symbols},
    facts=facts,
)


# ---------------------------------------------------------------- the chain in words

_APPLY = (
    "Since {given}, {ref} gives that {claim}.",
    "By {ref}, because {given}: {claim}.",
    "{claim}, as {ref} says for the case that {given}.",
)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One line for each step."""
    lines = []
    for step in steps:
        claim = step.claims[0]
        if step.rule == "given":
            text = f"{claim} ({step.because[0]})."
        elif step.rule == "apply":
            form = _APPLY[step.number % len(_APPLY)]
            text = form.format(given=" and ".join(step.because[1:]), ref=step.because[0], claim=claim)
        else:
            name = problem.names[problem.question[0]]
            text = f"No statement that could bear on {name} has all its conditions met any more: {claim}."
        lines.append(f"{step.number}. {text}")
    return "\n".join(lines)
