"""Formulas as text: the LaTeX of a statement in the characters of a terminal.

It knows what our statements use; of anything else the name stays, without its backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MATH = re.compile(
    r"(?P<code>^```.*?^```|`[^`\n]*`)|\$\$(?P<display>.+?)\$\$|\$(?P<inline>(?:[^$\n]|\n(?!\s*\n))+?)\$",
    re.MULTILINE | re.DOTALL,
)
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#$])")
_WIDE = "\u2003"  # the gap of \quad, kept when spaces are folded

SYMBOLS = dict(
    alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ε", varepsilon="ε", zeta="ζ", eta="η", theta="θ", iota="ι",
    kappa="κ", lambda_="λ", mu="μ", nu="ν", xi="ξ", pi="π", rho="ρ", sigma="σ", tau="τ", phi="φ", varphi="φ", chi="χ",
    psi="ψ", omega="ω", Gamma="Γ", Delta="Δ", Theta="Θ", Lambda="Λ", Pi="Π", Sigma="Σ", Phi="Φ", Psi="Ψ", Omega="Ω",
    cdot="·", cdots="…", dots="…", ldots="…", times="×", div="÷", pm="±", mp="∓", odot="⊙", oplus="⊕", otimes="⊗",
    ast="*", circ="∘", sum="∑", prod="∏", int="∫", partial="∂", nabla="∇", infty="∞", ell="ℓ", top="⊤", prime="′",
    le="≤", leq="≤", ge="≥", geq="≥", ne="≠", neq="≠", approx="≈", sim="~", equiv="≡", propto="∝", ll="≪", gg="≫",
    in_="∈", notin="∉", subset="⊂", cup="∪", cap="∩", forall="∀", exists="∃", mid="|", lvert="|", rvert="|",
    to="→", rightarrow="→", leftarrow="←", mapsto="↦", Rightarrow="⇒", lVert="‖", rVert="‖", Vert="‖",
    lfloor="⌊", rfloor="⌋", lceil="⌈", rceil="⌉", langle="⟨", rangle="⟩", quad=_WIDE, qquad="\n",
)  # fmt: skip
FUNCTIONS = {"log", "ln", "exp", "sin", "cos", "tan", "tanh", "min", "max", "argmin", "argmax", "Pr", "det", "sup"}
SIZES = {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "textstyle", "limits"}
FONTS = {"text", "mathrm", "mathbf", "mathit", "mathcal", "mathsf", "boldsymbol", "operatorname", "textbf", "textit"}
ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "E": "𝔼"}
RAISED = str.maketrans("0123456789+-⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def readable(markdown: str) -> str:
    """Markdown with its formulas as text: `$…$` in the line, `$$…$$` as a block of its own. Code stays as it is."""

    def one(found: re.Match[str]) -> str:
        if found["code"]:
            return found["code"]
        if found["inline"]:
            return _MARKDOWN.sub(r"\\\1", formula(found["inline"]).replace("\n", "  "))
        return f"\n```\n{formula(found['display'])}\n```\n"

    return _MATH.sub(one, markdown)


def formula(latex: str) -> str:
    """One formula as text; ``\\qquad``, which parts two formulas, becomes a new line."""
    text = _Reader(latex).until("")
    lines = (_tidied(line).replace(_WIDE, "  ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _tidied(text: str) -> str:
    """One space where there were several, none inside of brackets."""
    text = re.sub(r"([(\[⌊⌈⟨]) +| +([,;)\]⌋⌉⟩])", r"\1\2", re.sub(r" +", " ", text)).strip(" ")
    return re.sub(r"‖ ?([^‖]*?) ?‖", r"‖\1‖", text)


class _Reader:
    """Reads LaTeX from left to right."""

    def __init__(self, latex: str) -> None:
        self.tokens: list[str] = _TOKEN.findall(latex)
        self.at = 0

    def until(self, end: str) -> str:
        """Everything up to the token ``end``, which is passed over."""
        out = ""
        while self.at < len(self.tokens):
            token = self._next()
            if token == end:
                break
            out += self._item(token, out)
        return out

    def argument(self) -> str:
        """What a macro applies to: a group, or one item."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        if self.at == len(self.tokens):
            return ""
        token = self._next()
        return _tidied(self.until("}")) if token == "{" else self._item(token, "")

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def _item(self, token: str, before: str) -> str:
        if token == "{":
            return self.until("}")
        if token == "^":
            return _raised(self.argument())
        if token == "_":
            return _lowered(self.argument())
        if token.isspace():
            return " "
        return self._macro(token[1:], before) if token.startswith("\\") and len(token) > 1 else token

    def _macro(self, name: str, before: str) -> str:
        if name == "begin":
            return self._environment(self.argument())
        if name in ("left", "right") and self.tokens[self.at : self.at + 1] == ["."]:
            self.at += 1  # an invisible bracket
        if name in SIZES:
            return ""
        if make := _MAKERS.get(name):
            made = make(self)
            applied = make is _fraction and before.rstrip().endswith(tuple(FUNCTIONS))
            return f"({made.strip()}) " if applied else made
        if not name.isalpha():
            return {"|": "‖", "!": "", ",": " ", ";": " ", ":": " ", "\\": "\n", " ": " "}.get(name, name)
        return self._word(name, before)

    def _word(self, name: str, before: str) -> str:
        symbol = SYMBOLS.get(name, SYMBOLS.get(f"{name}_"))
        if symbol is not None:
            return symbol
        follows = self.tokens[self.at] if self.at < len(self.tokens) else ""
        gap = " " if follows[:1].isalpha() or (follows.startswith("\\") and follows[1:] not in {*SIZES, "!"}) else ""
        return (" " if before[-1:].isalnum() else "") + name + gap

    def _environment(self, name: str) -> str:
        rows: list[list[str]] = []
        row: list[str] = []
        cell = ""
        while self.at < len(self.tokens):
            token = self._next()
            if token not in ("&", "\\\\", "\\end"):
                cell += self._item(token, cell)
                continue
            row, cell = [*row, cell.strip()], ""
            if token != "&":
                rows, row = [*rows, row], []
            if token == "\\end":
                self.argument()
                break
        kept = [row for row in rows if any(row)]
        if name != "cases":
            return f"({'; '.join(' '.join(row) for row in kept)})"
        return f"{{ {'; '.join(_branch(*row) for row in kept)} }}"


def _branch(value: str, *condition: str) -> str:
    where = " ".join(condition)
    joint = " " if not where or re.match(r"(otherwise|if|for|with|when|else)\b", where) else " if "
    return value + joint + where


def _raised(power: str) -> str:
    if power == "⊤" or re.fullmatch(r"-?\d+", power):
        return power.translate(RAISED)
    return "^" + (power if re.fullmatch(r"[^\W_]+|.", power) else f"({power})")


def _lowered(index: str) -> str:
    if index.isdecimal():
        return index.translate(LOWERED)
    return "_" + (index if re.fullmatch(r"\w+|[…]", index) else f"({index})")


def _grouped(text: str) -> str:
    """In brackets, where an operator or a gap would bind it to something else."""
    rest = text
    while (shorter := _BRACKETS.sub("", rest)) != rest:
        rest = shorter
    return f"({text})" if re.search(r"[\s+\-·×/=]", rest) else text


def _fraction(reader: _Reader) -> str:
    above, below = reader.argument(), reader.argument()
    return f"{_grouped(above)}/{_grouped(below)} "


def _root(reader: _Reader) -> str:
    inside = reader.argument()
    return f"√{inside}" if re.fullmatch(r"\w+\u0302?", inside) else f"√({inside})"


def _accented(mark: str) -> Callable[[_Reader], str]:
    return lambda reader: reader.argument() + mark


_MAKERS: dict[str, Callable[[_Reader], str]] = {
    **dict.fromkeys(("frac", "tfrac", "dfrac"), _fraction),
    **dict.fromkeys(FONTS, _Reader.argument),
    **{name: _accented(mark) for name, mark in ACCENTS.items()},
    "sqrt": _root,
    "mathbb": lambda reader: DOUBLE.get(letter := reader.argument(), letter),
}
