"""The words that say that a problem has no answer, or more than one: those of the prompts, and the usual others."""

from __future__ import annotations

import re

from verimill.schemas.core import Status

_NONE = frozenset(
    """none|no solution|no solutions|no answer|no answers|no valid solution|no valid answer|no possible solution
    |no solution exists|no answer exists|no valid solution exists|no such solution|no such solution exists
    |unsolvable|not solvable|impossible|not possible|infeasible|not feasible|unsatisfiable|not satisfiable|unsat
    |inconsistent|no assignment|does not exist|cannot be solved|can not be solved|contradiction|contradictory
    |no feasible solution|no consistent solution|zero solutions|0 solutions|nothing fits|nothing|no solutions exist
    |undefined|not defined|no value|unreachable|not reachable|cannot be reached|disconnected|not connected""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
_MANY = frozenset(
    """many|many solutions|many answers|multiple|multiple solutions|multiple answers|several|several solutions
    |several answers|more than one|more than one solution|more than one answer|more than one solution exists
    |two solutions|at least two solutions|at least two answers
    |not unique|non unique|nonunique|ambiguous|infinite|infinite solutions|infinitely many|infinitely many solutions
    |multiple solutions exist|many solutions exist|multiple valid solutions|underdetermined""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_LEAD = re.compile(
    r"^(?:there (?:is|are|exists?) |(?:(?:the|this) (?:puzzle|problem|system|instance|task|grid|board)|it|this|that)"
    r" (?:is |has |have |admits )?|(?:the )?solution is |(?:has|have|is) )"
)
_TRAIL = re.compile(
    r" (?:to|for|of) (?:the|this) (?:puzzle|problem|system|instance|task|grid|board)$"
    r"| (?:that|which) (?:satisf|fit|meet|work|obey)[a-z ]{0,60}$"
)
_REPLY = re.compile(  # in the word of the prompts: reply none
    r"^(?:(?:since|as|because) [^,.]{1,80}, )?(?:(?:so|thus|hence|therefore)(?:, | ))?"
    r"(?:(?:(?:i|we) (?:must |should )?|(?:(?:the|my) )?(?:(?:right|correct|final) )?)"
    r"(?:reply|answer|response)(?: is| must be| should be| with)?:? ?)?(?P<word>none|many)"
    r"(?:$|(?: ?\(| -{1,2} |,? (?:because|since|as) ).{1,100}$)"
)
_NO_SUCH = re.compile(
    r"(?:there (?:is|exists) )?no "
    r"(?:(?:valid|such|possible|consistent|correct|proper|hamiltonian|spanning|[2-6]) ){0,3}"
    r"(?:grid|arrangement|assignment|completion|filling|marking|pattern|picture|placement|seating|coloring|colouring|path|"
    r"tour|tree|route|expression|calculation)(?: exists| is possible| fits| works)?"
)
_QUOTES = str.maketrans("", "", '*`"“”‘’')


def status_word(text: str) -> Status | None:
    """ "none" or "many" when the whole text says just that, in any of the usual words."""
    if len(text) > 120:
        return None
    lower = text.strip(" \t\r\n.!?*_`\"'$()[]{}:;,").lower()
    spoken = "\n" not in lower and ("none" in lower or "many" in lower)
    if spoken and (said := _REPLY.match(lower.translate(_QUOTES))) is not None:
        return "none" if said["word"] == "none" else "many"
    if ":" in lower or "," in lower or "=" in lower:  # none of the words below has one
        return None
    word = " ".join(lower.replace("-", " ").replace("_", " ").split())
    if word in _NONE:
        return "none"
    if word in _MANY:
        return "many"
    if " " in word:
        if _NO_SUCH.fullmatch(word):
            return "none"
        bare = _TRAIL.sub("", _LEAD.sub("", word, count=1), count=1)
        if bare in _NONE:
            return "none"
        if bare in _MANY:
            return "many"
    return None
