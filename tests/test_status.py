"""Progress, the list of problems and statements, as a terminal and a notebook show them."""

import re

import pytest
from test_show import ROWS, SUMMARY

from torch_judge import show
from torch_judge.bank import find_bank
from torch_judge.show import StatusRow, formulas

# Formulas


FORMULAS = {
    r"y = \gamma \cdot \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta": "y = γ · (x - μ)/√(σ² + ε) + β",
    r"\text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V": "softmax((Q Kᵀ)/√d_k) V",
    r"\mathrm{relu}(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}": "relu(x) = { x if x > 0; 0 otherwise }",
    r"L = -\frac1N \sum_{i=1}^{N} \log \frac{e^{x_i}}{\sum_j e^{x_j}}": "L = -1/N ∑_(i=1)^N log (e^(x_i)/(∑_j e^(x_j)))",
    r"\lVert g \rVert = \sqrt{\sum_p \lVert g_p \rVert^2}": "‖g‖ = √(∑_p ‖g_p‖²)",
    r"\left\lfloor \frac{H + 2p}{s} \right\rfloor + 1": "⌊(H + 2p)/s⌋ + 1",
    r"\hat m_t = m_t \qquad \tilde{x}": "m̂_t = m_t\nx̃",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}": "(a b; c d)",
    r"e^{-z}, x^{-2}, \min\!\left(1, r\right), \cos\theta": "e^(-z), x⁻², min(1, r), cos θ",
    r"A \in \mathbb{R}^{r \times d}": "A ∈ ℝ^(r × d)",
    r"\left. x \right|_{0} \{a\} \unheard{of}": "x |₀ {a} unheardof",
    r"\frac{a": "a/",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("latex", "text"), FORMULAS.items())
def test_a_formula_as_text(latex, text):
    assert formulas.formula(latex) == text


def test_formulas_are_found_outside_of_code():
    found = formulas.readable(
        "A $x_i$ and `$HOME`.\n\n$$\\frac{a}{b}$$\n\n```sh\necho $a $b\n```\n| $|x|$ | costs 5 $ |\n"
    )
    assert found == "A x\\_i and `$HOME`.\n\n\n```\na/b\n```\n\n\n```sh\necho $a $b\n```\n| \\|x\\| | costs 5 $ |\n"


@pytest.mark.parametrize("problem", find_bank().problems(), ids=lambda problem: problem.id)
def test_every_statement_can_be_read_in_a_terminal(problem):
    code = re.compile(r"```.*?```|`[^`]*`", re.S)
    left = code.sub("", formulas.readable(problem.statement))
    blocks = [
        formulas.formula(found["display"]) for found in formulas._MATH.finditer(problem.statement) if found["display"]
    ]
    assert "$" not in left and not re.search(r"\\[a-zA-Z]", left + "".join(blocks))


# Columns and the list


def test_a_list_has_a_line_for_each_row_at_any_width():
    whole = show.render_list_text(ROWS).splitlines()
    assert len(whole) == 4 and "Normalisation" in whole[1] and "<Layer norm>" in whole[1]
    for width in (40, 50, 80, 120):
        lines = show.render_list_text(ROWS, width=width).splitlines()
        assert len(lines) == 4 and max(map(len, lines)) <= width
        assert all(row.id in line and row.state in line for row, line in zip(ROWS, lines, strict=True))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_status_holds_at(width):
    rows = [
        StatusRow(n, f"a_rather_long_name_{n}", "A title that needs room " * 3, "T", "Medium", "to do", 0, None, n == 3)
        for n in range(70, 77)
    ]
    lines = show.render_status_text(rows, summary=SUMMARY, following="Next: `x`, X (Easy).", width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 3 + 2 + 2 + 7, "a line for each row"


def test_of_what_is_filtered_the_rows_are_counted():
    text = show.render_status_text(ROWS[:1], summary=SUMMARY, filtered=True)
    assert "Activations  1 problem\n" in text and "2 of 4 solved" in text
    assert ">1 problem<" in show.render_status_html(ROWS[:1], summary=SUMMARY, filtered=True)


def test_topics_that_were_worked_on_are_unfolded():
    html = show.render_status_html(ROWS, summary=SUMMARY, following="Next: `gelu`, <GELU>.")
    assert html.count("<details open>") == 1 and html.count("<details>") == 1
    assert html.index("<details open>") > html.index("Activations")
    assert "Next: <code>gelu</code>, &lt;GELU&gt;." in html
