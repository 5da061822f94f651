"""3-SAT in words: each literal is written once into a table, then statements are joined from it."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.schemas.core import Face, Step
from verimill.schemas.logic.sat_3cnf import Problem

INGREDIENTS = tuple(
    "salt pepper ginger basil thyme sage mint dill cumin clove saffron paprika honey vinegar butter cream milk yogurt "
    "lemon lime orange apple pear plum cherry grape fig date walnut almond pecan cashew rice barley sugar wheat corn "
    "cocoa malt nutmeg carrot onion garlic leek celery fennel beet turnip radish spinach kale cabbage lettuce tomato "
    "cucumber pumpkin mustard olive caper anchovy shrimp".split()
)
KINDS = tuple(
    "baker sailor poet farmer doctor lawyer painter singer dancer weaver potter tailor barber butcher miller mason "
    "carpenter plumber pilot driver diver hunter fisher gardener florist chemist teacher writer printer banker broker "
    "judge mayor soldier nurse dentist jeweller cobbler brewer chef waiter porter guard clerk librarian historian "
    "surveyor actor drummer violinist pianist juggler magician swimmer runner rower climber skater boxer spy".split()
)
PEOPLE = tuple(
    "Ada Ben Cleo Dan Edda Finn Gwen Hugo Ines Jack Kira Leo Mona Nils Olga Paul Quinn Rosa Sven Tara Ugo Vera Walt "
    "Xenia Yves Zoe Alma Bruno Carla Dario Elsa Fritz Gita Hans Iris Jonas Klara Luis Maya Noah Otto Petra Ravi Sonja "
    "Theo Ulla Viktor Wanda Yusuf Zelda Amos Berta Cyrus Delia Emil Flora Georg Helga Ivan Judith".split()
)
TRAITS = tuple(
    "tall kind rich brave calm clever curious eager famous gentle happy honest humble jolly lucky modest noble patient "
    "polite proud quick quiet serious shy silly sleepy smart strict strong sturdy tidy wise witty young busy".split()
)


def article(word: str) -> str:
    """The word with a or an."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def sentences(problem: Problem) -> list[str]:
    """Each literal as a clause: index +i or -i (from the end); index 0 is empty."""
    if problem.skin == "people":
        yes = list(problem.atoms)
        no = [atom.replace(" is ", " is not ", 1) for atom in yes]
    elif problem.skin == "rules":
        yes = [f"{atom} is used" for atom in problem.atoms]
        no = [f"{atom} is not used" for atom in problem.atoms]
    else:
        yes = [f"is {article(atom)}" for atom in problem.atoms]
        no = [f"is not {article(atom)}" for atom in problem.atoms]
    return ["", *yes, *reversed(no)]


def _implications(problem: Problem) -> list[str]:
    s = sentences(problem)
    if problem.skin == "kinds":
        return [
            f"Everyone who {s[-a]} and {s[-b]} {s[c]}" if c > 0 else f"No one who {s[-a]} and {s[-b]} {s[-c]}"
            for a, b, c in problem.clauses
        ]
    return [f"If {s[-a]} and {s[-b]}, then {s[c]}" for a, b, c in problem.clauses]


def _choices(problem: Problem) -> list[str]:
    s = sentences(problem)
    if problem.skin == "kinds":
        return [f"The newcomer {s[a]}, or {s[b]}, or {s[c]}" for a, b, c in problem.clauses]
    big = ["", *(text[0].upper() + text[1:] for text in s[1:])]
    return [f"{big[a]}, or {s[b]}, or {s[c]}" for a, b, c in problem.clauses]


def _list(problem: Problem) -> str:
    return "\n".join([f"{at}. {text}." for at, text in enumerate(_implications(problem), 1)])


def _prose(problem: Problem) -> str:
    return " ".join([f"({at}) {text}." for at, text in enumerate(_implications(problem), 1)])


def _either(problem: Problem) -> str:
    return "\n".join([f"{at}. {text}." for at, text in enumerate(_choices(problem), 1)])


def _symbols(problem: Problem) -> str:
    short = [atom.partition(" ")[0] for atom in problem.atoms]
    s = ["", *short, *(f"~{word}" for word in reversed(short))]
    legend = "(A word stands for the fact it names, ~ for its opposite; | is an inclusive or.)"
    return "\n".join([legend, *[f"{at}: {s[a]} | {s[b]} | {s[c]}" for at, (a, b, c) in enumerate(problem.clauses, 1)]])


_INTRO = {
    "rules": "A cook has left notes about one dish. Each ingredient is either used in it or not, and each note is a "
    "rule about which ingredients go together.",
    "people": "Here are claims about some people. Each person named either has the trait that goes with the name or "
    "has not.",
    "kinds": "A newcomer joins a club. For every trade below, the newcomer either belongs to it or not, and what is "
    "said of everyone or no one holds for the newcomer too, who is the only person to think of.",
}
_FACT = {
    "rules": "the ingredients (a fact is that the ingredient is used)",
    "people": "the facts",
    "kinds": "the trades (a fact is that the newcomer belongs to it)",
}


def facts(problem: Problem) -> Mapping[str, str]:
    """The words that the wordings are filled with."""
    return {
        "intro": _INTRO[problem.skin],
        "kind": _FACT[problem.skin],
        "facts": ", ".join(problem.atoms),
        "n": str(len(problem.atoms)),
        "m": str(len(problem.clauses)),
        "most": str(problem.most),
    }


_WORDINGS = (
    '{intro} These are {kind}: {facts}.\n\nStatements:\n{board}\n\nAn "or" is inclusive, and an if-then statement is '
    "false only when its conditions hold and its conclusion does not. Can all {m} statements be true together? If so, "
    "say which facts are true. If not, name at most {most} of the statements that cannot all be true.\n\n{answer}",
    "{intro}\n\n{board}\n\nDecide for each of the {n} facts whether it is true, so that every statement is true. "
    '(An if-then is broken only by true conditions with a false conclusion; "or" allows several at once.) If no '
    "choice works, prove it by pointing at statements that clash: no more than {most} numbers, such that nothing "
    "makes all of these true. What can be true or false are {kind}: {facts}.\n\n{answer}",
    'Consistency check. {intro} The list has {m} statements about {kind}: {facts}.\n\n{board}\n\nReading: "or" is '
    'inclusive; "if" says nothing when a condition fails. Either give an assignment under which every statement '
    "holds, by listing the true facts, or give a set of statements without any such assignment, of size {most} or "
    "less.\n\n{answer}",
    "You are given {m} numbered statements. {intro} What they speak of are {kind}: {facts}.\n\n{board}\n\nEither "
    "all of them can hold at once, and then you should find the facts that are true in one such case, or they "
    "contradict each other, and then you should find {most} or fewer of them that already do. A rule with a condition "
    'that is not met holds, and an "or" holds if at least one part does.\n\n{answer}',
)

FACE: Face[Problem] = Face(
    wordings=_WORDINGS,
    layouts={"list": _list, "prose": _prose, "either": _either, "symbols": _symbols},
    facts=facts,
)


# ---------------------------------------------------------------- the search in words


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One line for each step; what follows from a supposition is numbered below it."""
    s = sentences(problem)
    if problem.skin == "kinds":
        s = ["", *(f"the newcomer {text}" for text in s[1:])]
    said = {}
    for i, atom in enumerate(problem.atoms, 1):
        said[atom] = s[i]
        said[f"not {atom}"] = s[-i]
    lines: list[str] = []
    for step in steps:
        _tell(said, step, f"{step.number}", "", lines)
    return "\n".join(lines)


_CHOICES = ("Try it with this: {}.", "Choose freely: {}.", "Next, let it be that {}.")


def _tell(said: Mapping[str, str], step: Step, number: str, indent: str, lines: list[str]) -> None:
    claim = step.claims[0]
    if step.rule == "unit":
        ref, a, b = step.because
        if len(lines) % 2:
            lines.append(f"{indent}{number}. By {ref}, since {said[a]} and {said[b]}: {said[claim]}.")
        else:
            lines.append(f"{indent}{number}. As {said[a]} and {said[b]}, {ref} forces that {said[claim]}.")
    elif step.rule == "decide":
        lines.append(f"{indent}{number}. {_CHOICES[len(lines) % 3].format(said[claim])}")
    elif step.rule == "suppose":
        opposite = claim[4:] if claim.startswith("not ") else f"not {claim}"
        lines.append(f"{indent}{number}. Suppose that {said[opposite]}.")
        for inner in step.sub:
            _tell(said, inner, f"{number}.{inner.number}", indent + "  ", lines)
        lines.append(f"{indent}   So that was wrong: {said[claim]}.")
    else:
        given = ", ".join([said[fact] for fact in step.because[1:]])
        lines.append(f"{indent}{number}. But {step.because[0]} is false when {given}: contradiction.")
