r"""LaTeX becomes MathML before Markdown touches it; what cannot be converted is shown as it was written."""

import re
import time

import pytest

from arena.texts.mathml import ELEMENTS, mathml
from arena.texts.rendering import render

CONVERTED = [
    r"E=mc^2", r"\frac{a}{b}", r"\alpha+\beta", r"\sqrt[3]{x}", r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}",
    r"\int_0^\infty e^{-x^2}\,dx",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}",
    r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}",
    r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}", r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    r"\begin{align} x &= 1 \label{one} \\ y &= 2 \nonumber \end{align}", r"\begin{gather*} a \\ b \end{gather*}",
    r"\begin{array}{cc} a & b \\ c & d \end{array}", r"5\,\mathrm{km}/\mathrm{h}", r"9.81~\text{m}/\text{s}^2",
    r"20\,^\circ\mathrm{C}",
    r"\lim_{x \to 0} \frac{\sin x}{x} = 1", r"a < b > c", r"a \le b \ge c \ne d \approx e",
    r"\forall x \in \mathbb{R}: \exists y",
    r"\nabla \times \mathbf{E} = -\frac{\partial \mathbf{B}}{\partial t}", r"\left( \frac{1}{2} \right)^2",
    r"\left\{ x \mid x > 0 \right\}",
    r"\langle \psi | \phi \rangle", r"\hat{x}, \bar{y}, \vec{v}, \dot{q}, \tilde{n}", r"\overline{AB} \perp \underline{CD}",
    r"\binom{n}{k}", r"\dfrac{1}{2} + \tfrac{1}{3}", r"\boxed{42}", r"\cancel{x}", r"\overset{!}{=}", r"\underbrace{a+b}_{c}",
    r"\log_2 n, \ln x, \max_i x_i, \operatorname{sgn}(x)", r"x_{1}^{2} + x_{2}^{2}", r"50\% \cdot 3 \times 4 \div 2 \pm 1",
    r"A \Rightarrow B \iff C \to D", r"\mathcal{L}, \mathfrak{g}, \bm{w}", r"\text{if } x < y \text{ then } <z>",
    r"p(x \mid y) \propto \prod_{i} p_i'", r"\arg\max_\theta L", r"\underset{\theta}{\arg\min} f",
    r"\operatorname*{arg\,max}_x f(x)",
    r"\begin{alignat}{2} x &= 1 &\quad y &= 2 \\ z &= 3 & w &= 4 \end{alignat}",
    r"\begin{aligned}[t] a &= b \end{aligned}", r"\begin{alignedat}{1} a &= b \end{alignedat}",
    r"\begin{rcases} a \\ b \end{rcases} = c",
    r"\begin{cases} a \\[4pt] b \end {cases}", r"A \qed", r"x \to y \xrightarrow{n\to\infty} z \xrightarrow[b]{a} w",
    r"\mathbb{E}_{x\sim p}[f(x)]", r"\left\{ \begin{array}{ll} 1 & x > 0 \\ 0 & x \le 0 \end{array} \right.",
    r"\stackrel{d}{=}",
    r"\require{cancel} \cancel{x}", r"\color{red}{x} + \textcolor{blue}{y}", r"E = mc^2 \tag{1} \label{a}",
    r"\displaystyle\sum\limits_{\substack{i<n \\ i \ne j}} x_i", r"9.81\,\mathrm{m/s^2}", r"90\degree, 90^\circ",
    r"\begin{array}{|c|c@{}c|}\hline a & b & c \\ \hline\end{array}", r"\begin{array}{*{3}{r}} 1 & 2 & 3 \end{array}",
    r"\begin{pmatrix} a_{11} & \ldots \\ \vdots & \ddots \end{pmatrix}", r"a \not= b \not\subset c \setminus d", r"1{,}000",
    r"\mathcal{ABC}\mathbf{Ax}\mathbb{RP}^n", r"\colorbox{yellow}{text}", r"\fbox{a}", r"\rule{2cm}{0.4pt}",
    r"\mathop{\text{arg max}}_x",
]  # fmt: skip
BROKEN = [
    r"\frac{1}{", r"\frac{1}", r"\sqrt{", r"x^", r"x^^2", r"x_1_2", r"{", r"{{{{{", "{" * 60 + "}" * 60, r"\left( x",
    r"\begin{pmatrix} a",
    r"\begin{nonsense} a \end{nonsense}", r"\end{pmatrix}", r"\foo{x}", r"\ce{H2O}", r"\SI{5}{km}", r"\newcommand{\x}{y}\x",
    r"\def\x{y}\x", r"\input{/etc/passwd}", r"\include{x}", r"\write18{ls}", r"\usepackage{x}", r"\require{action}",
    r"\class{x}{y}",
    r"\htmlClass{x}{y}", r"\htmlStyle{color:red}{y}", r"\includegraphics{http://evil.example/x.png}",
    r"\url{http://evil.example/}", r"\ref{x}\foo",
    r"\catcode`\@=11", r"\csname x\endcsname", r"\loop\repeat", r"\tikz{x}", r"\draw (0,0)", r"\sisetup{x}", r"\qty{5}{m}",
    "\\text{" + "x" * 5_000 + "}", "x+" * 3_000 + "x", r"\unknowncommand", r"\over\over\over\foo",
]  # fmt: skip


def delimited(tex: str) -> list[str]:
    return [f"${tex}$", f"$${tex}$$", f"\\({tex}\\)", f"\\[{tex}\\]", f"\\[\n{tex}\n\\]", f"$$\n{tex}\n$$"]


@pytest.mark.parametrize("tex", CONVERTED)
def test_formulas_become_mathml(tex):
    for written in delimited(tex):
        html = render(written)
        assert html.count("<math") == html.count("</math>") == 1, written
        assert "\\" not in html, written


@pytest.mark.parametrize("tex", BROKEN)
def test_what_cannot_be_converted_stays_as_it_was_written(tex):
    for written in (f"\\({tex}\\)", f"\\[{tex}\\]", f"$${tex}$$"):
        html = render(written)
        text = re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
        assert "<math" not in html or mathml(tex, is_display=True) is not None
        if "<math" not in html:
            assert text == written
    assert not re.search(r"<(?!/?(p|code|pre|br|em|strong|span|ul|li|" + "|".join(ELEMENTS) + r")\b)[a-z]", html)


@pytest.mark.parametrize(
    ("written", "n_formulas"),
    [
        ("$5 and $6", 0), ("$5 and $6 then $a$", 1), ("from $5-$10", 0), ("US$5, 6$ or $7", 0), ("$HOME/bin:$PATH", 0),
        ("I paid $5, and she (who knows why) paid 6$", 0), ("a $ b $ c", 0), ("\\$x\\$", 0), ("`$x$`", 0),
        ("```\n$x$\n```", 0),
        ("    $x$ in code", 0), ("$x$, $y$; ($z$)", 3), ("**$x$**", 1), ("| $a$ |\n|---|\n| \\(b\\) |", 2), ("# $x$", 1),
        ("text:\n\\[\nx\n- y\n= z\n\\]\nmore", 1), ("- item\n\n  $$\n  x\n\n  + y\n  $$\n- next", 1),
        ("> \\[\n> x\n> \\]", 1),
        ("so \\[ x \\] and \\[ y \\].", 2), ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", 1),
        ("1\\) one and 2\\) two", 0), ("so \\begin{align}x&=1\\\\y&=2\\end{align}, and more", 1),
        ("so \\begin{align}\nx&=1\\\\\ny&=2\n\\end{align}\nand more", 1),
        ("\\begin{align}\nx &= 1 \\\\\ny &= 2\n\\end{align} and more", 1), ("`\\begin{align}x\\end{align}`", 0),
        ("in \\begin{pmatrix} \\begin{pmatrix} a \\end{pmatrix} \\\\ b \\end{pmatrix} so", 1),
        ("$$x$$ $$y$$", 2), ("价格$5和$x$", 1), ("the $n$th and the $1$st", 2), ("the $(n-1)$th", 1), ("3$\\times$3", 1),
        ("10$\\times$ faster", 1), ("H$_2$O and 10$^{-3}$ m", 2), ("all $x_i$s", 1), ("$\\text{if $x$ is}$", 1), ("$`x^2`$", 1),
        ("```math\nx^2\n```", 1), ("```math\n\\foo\n```", 0), ("```latex\n$x$\n```", 0),
        ("$5 and $10", 0), ("costs $5, not $10", 0), ("$5–$10", 0), ("$5th and $6th", 0), ("$x$5", 0), ("US$100k$", 0),
        ("echo $HOME$PATH", 0), ("$FOO_BAR$BAZ", 0), ("${HOME}/x:${PATH}", 0), ("R$ 5 e R$ 6", 0), ("$a$b", 0), ("A$5 B$6", 0),
        ("$5 * $6 = $30", 0), ("$_GET['a'] and $_POST['b']x", 0), ("C:\\foo$bar\\baz$x", 0), ("$1,000, $2,000 or 3,000$", 0),
    ],
)  # fmt: skip
def test_what_is_a_formula_and_what_is_an_amount(written, n_formulas):
    assert render(written).count("<math") == n_formulas


def test_a_delimiter_without_its_partner_keeps_its_backslash():
    assert render("\\(a and \\[b") == '<p dir="auto">\\(a and \\[b</p>\n'


@pytest.mark.parametrize(
    "source",
    [r"\begin{tikzpicture} \draw (0,0) -- (1,1); \\ *x* \end{tikzpicture}",
     "\\begin{itemize}\n\\item *a* \\\\ b\n\n\\item c\n\\end{itemize}",
     r"\begin{align} \foo{x} \\ _y_ \end{align}", "\\begin{itemize}\n\\item a \\\\ _b_\n\\end{itemize}"],
)  # fmt: skip
def test_an_environment_that_is_no_formula_stays_as_it_was_written(source):
    for written in (source, f"Here: {source} and more.") if "\n\n" not in source else (source,):
        html = render(written)
        assert "<math" not in html
        assert source in re.sub(r"<[^>]*>", "", html).replace("&amp;", "&").replace("&gt;", ">")


def test_markdown_does_not_touch_a_formula():
    html = render("\\(a*b\\) and \\(c*d\\), $x_1$ and $y_1$")
    assert html.count("<math") == 4
    assert "<em>" not in html


@pytest.mark.parametrize("name", ["aligned", "split", "gathered", "align", "align*", "cases", "pmatrix"])
def test_environments_have_rows(name):
    assert mathml(r"a \\ b", is_display=True).count("<mtr>") == 2
    assert mathml(rf"\begin{{{name}}} a \\ b \end{{{name}}}", is_display=True).count("<mtr>") == 2


@pytest.mark.parametrize(
    "tex", [r"\begin{pmatrix} a", r"a \end{pmatrix}", r"\begin{cases} a \end{pmatrix}", "a & b", r"\frac{a \\ b}{c}"]
)
def test_half_an_environment_is_no_formula(tex):
    assert mathml(tex, is_display=True) is None


def test_a_displayed_formula_keeps_the_full_stop_behind_it():
    assert render("\\[\nx\n\\].").endswith("</math>.</p>\n")


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\text{<img src=x onerror=alert(1)>}",
        r"\style{position:fixed;inset:0}{x}", r"\color{red;} x", r'\color{red" onclick="alert(1)}{x}',
        r"\text{</math><script>x</script>}",
        r"\hspace{-900em} x", r"\mathrm{<b>}", r"\text{&lt;script&gt;}", r"\operatorname{<svg onload=alert(1)>}",
        r"\unicode{60}script",
        r"\class{ballot}{x}", r"\id{decide}{x}", "\\text{\ue000script\ue001}", r"\tag{<script>}", r"\left< script \right>",
        r"\xrightarrow{<iframe src=//evil.example>}", r"\textcolor{url(http://evil.example)}{x}", r"\phantom{<form>}",
        r"\mathchoice{<a>}{b}{c}{d}",
    ],
)  # fmt: skip
def test_nothing_in_a_formula_runs_loads_or_moves(tex):
    for written in delimited(tex):
        html = render(written)
        tags = set(re.findall(r"<([a-z0-9-]+)", html))
        assert tags <= ELEMENTS | {"p", "pre", "code", "br", "em", "strong"}, html
        for tag in re.findall(r"<[^>]*>", html):
            assert not re.search(r"\bon\w+=|href|style=|src=|class=|id=|color|url\(|900em", tag), tag


def test_a_text_full_of_formulas_is_done_in_its_time():
    for written in ("\\[ x\n" * 1_300, "$a" * 4_900, "\\(" * 4_900, ("$$" + "x_{1}+" * 600 + "$$\n\n") * 45):
        began = time.process_time()
        render(written)
        assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"| Bayes | $P(A|B)=\frac{P(B|A)P(A)}{P(B)}$ | conditional |", ["Bayes", "P(A|B)=P(B|A)P(A)P(B)", "conditional"]),
        (r"| abs | $\ln|x|+C$ | note |", ["abs", "ln|x|+C", "note"]),
        (r"| abs | \(|x|\) | $$|y|$$ |", ["abs", "|x|", "|y|"]),
        (r"| escaped | $P(A\|B)$ | $\|x\|_2$ |", ["escaped", "P(A|B)", "\u2016x\u20162"]),
        (r"| set | $\{x | x^2 = 1\}$ | note |", ["set", "{x|x2=1}", "note"]),
        ("| $5 | 10$ | $15 |", ["$5", "10$", "$15"]),
        ("| $HOME | $PATH | \\$x |", ["$HOME", "$PATH", "$x"]),
        ("| $5 | $10 | a \\| b |", ["$5", "$10", "a | b"]),
    ],
)
def test_a_bar_in_a_formula_is_no_end_of_a_cell(row, expected):
    html = render(f"| a | b | c |\n|---|:-:|---|\n{row}\n\n$x$")
    body = html.partition("<tbody>")[2]
    found = [re.sub(r"<[^>]*>|\s*\n\s*", "", cell) for cell in re.findall(r"<td>(.*?)</td>", body, re.DOTALL)]
    assert found == expected


def test_a_bar_in_a_formula_of_the_head_is_no_end_of_a_cell():
    assert render("| $P(A|B)$ | y |\n|---|---|\n| 1 | 2 |").count("<th>") == 2


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"\text{50\% of \$5 \& a\_b}", "50% of $5 &amp; a_b"), (r"\text{if $x > 0$ and \textbf{so}}", "if x&gt;0 and so"),
        (r"\text{a\{b\}}", "a{b}"), (r"\text{see \eqref{one}}", "see (one)"), (r"\mbox{a b}", "a b"),
    ],
)  # fmt: skip
def test_words_in_a_formula_are_shown_as_words(written, text):
    assert re.sub(r"<[^>]*>", "", mathml(written, is_display=True)).replace("\u00a0", " ") == text


def test_a_command_that_the_library_does_not_know_in_words_is_no_formula():
    assert mathml(r"\text{a \foo b}", is_display=True) is None


@pytest.mark.parametrize(
    "command", ["newcommand", "def", "DeclareMathOperator", "newenvironment", "let", "renewcommand", "gdef"]
)
def test_formulas_define_nothing(command):
    assert mathml(rf"\{command}\x{{y}}\x", is_display=True) is None
    assert mathml(rf"\{command}{{\x}}{{y}}\x", is_display=True) is None


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"\overline{x+y}", "fx-over"), (r"\underline{a+b}", "fx-under"), (r"\bar{AB}", "fx-over"),
        (r"\overline{x}", "fx-over"),
        (r"\underbrace{a+b}_{26}", "fx-underbrace"), (r"\overbrace{a+b}^{n}", "fx-overbrace"), (r"\widehat{ABC}", "fx-hat"),
        (r"\widetilde{ABC}", "fx-tilde"), (r"\overrightarrow{AB}", "fx-right"), (r"\overleftarrow{AB}", "fx-left"),
        (r"\vec{AB}", "fx-right"),
    ],
)  # fmt: skip
def test_what_stands_over_or_under_a_group_is_drawn_as_wide_as_the_group(tex, drawn):
    assert f'<mrow class="{drawn}">' in render(f"${tex}$")
    assert "fx-" not in mathml(r"\hat{x} \bar{y} \vec{z} \tilde{w} \hat{y_i}", is_display=True)


@pytest.mark.parametrize(
    ("columns", "lines"), [("cc|c", "  l"), ("|c|c|", "llr"), ("c|cc", " l "), ("|cc", "l "), ("ccc|", "  r"), ("rrr", "")]
)
def test_lines_between_columns(columns, lines):
    n_columns = sum(sign != "|" for sign in columns)
    html = render(rf"\[\begin{{array}}{{{columns}}} {' & '.join('abc'[:n_columns])} \end{{array}}\]")
    sides = [{"fx-line-left": "l", "fx-line-right": "r"} for _ in range(n_columns)]
    drawn = []
    for cell, names in zip(re.findall("<mtd[^>]*>", html), sides, strict=True):
        drawn.append("".join(sign for name, sign in names.items() if name in cell) or " ")
    assert "".join(drawn).rstrip() == lines.rstrip()


def test_lines_between_rows_go_from_side_to_side():
    html = mathml(r"\begin{array}{rr} 1 & 2 \\ \hline 3 \\ \hline \end{array}", is_display=True)
    cells = re.findall("<mtd[^>]*>", html)
    assert html.count("<mtr>") == 2
    assert ["fx-line-top" in cell for cell in cells] == [False, False, True, True]
    assert ["fx-line-bottom" in cell for cell in cells] == [False, False, True, True]


@pytest.mark.parametrize(
    "operator", [r"\lim", r"\max", r"\sum", r"\bigcup", r"\bigoplus", r"\limsup", r"\operatorname*{argmax}"]
)
def test_limits_stand_below_in_display_style_and_behind_in_text(operator):
    for is_display in (True, False):
        html = mathml(operator + "_{n}", is_display=is_display)
        assert "<munder>" in html or 'movablelimits="true"' not in html
        assert "<munder><mo" in html or (operator == r"\sum" and is_display)
    assert 'movablelimits="false"' in mathml(r"\sum\limits_{n}", is_display=False)
    assert "<munder>" not in mathml(r"\sum\nolimits_{n}", is_display=True)


def test_a_label_of_an_arrow_has_its_own_room():
    assert "mpadded" not in mathml(r"\xrightarrow{n\to\infty}", is_display=True)


def test_letters_of_other_alphabets_have_their_own_signs():
    assert "\u211d\u2119" in re.sub(r"<[^>]*>", "", mathml(r"\mathbb{RP}", is_display=True))
    assert "\U0001d49c\u212c" in re.sub(r"<[^>]*>", "", mathml(r"\mathcal{AB}", is_display=True))


def test_classes_of_formulas_are_given_by_agon_alone():
    for tex in (r"\class{fx-over}{x}", r"\class{fx-drawn}{x}", r"\style{color:red}{x}", r"\href{https://example.org}{x}"):
        html = render(f"\\[{tex}\\]")
        assert not re.search("<[^>]*(class|style|href)=", html)
