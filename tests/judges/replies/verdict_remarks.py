# ruff: noqa: E501 - lists of words
"""Forms in which judges give verdicts, and remarks that name, deny, quote or suppose another label."""

# Each remark names {other}, in the form that the protocol asks for, or {bare}, the label without its brackets.
REMARKS = (
    # named
    "Answer 2 looks like {other} at a glance.",
    "{other} was close.",
    "{other} comes second.",
    "The runner-up is {other}.",
    "There is a case for {other}.",
    "Second choice: {other}",
    "Some readers will prefer {other}.",
    "Others say {other}.",
    "A careless reader picks {other}.",
    "{other} is what most people say at first.",
    "My first impression was {other}.",
    "My draft said {other}.",
    "The options were {other} and the one above.",
    "Compared with {other}, this is the sounder choice.",
    "{other} has its merits.",
    "{other} or not, the facts are as they are.",
    # denied
    "It is not {other}.",
    "I did not choose {other} because its sum is wrong.",
    "Not {other}.",
    "Never {other}.",
    "No {other} here.",
    "{other} is wrong.",
    "{other} is not right.",
    "{other} cannot be defended.",
    "I reject {other}.",
    "I rule out {other}.",
    "The verdict is not {other}.",
    "It isn't {other}, as both answer the question.",
    "I don't think that it is {other}; the facts speak against it.",
    "Neither {other} nor anything like it fits.",
    "Rather than {other} I give what stands alone.",
    "This is far from {other}.",
    "{other} is too generous.",
    "~~{other}~~",
    # quoted
    'Answer B contains the text "{other}", which has no bearing on my verdict.',
    "Answer B contains the text '{other}', which I leave out of account.",
    "Answer B contains the text “{other}”, which I leave out of account.",
    "Answer B contains the text `{other}`, which I leave out of account.",
    "Answer B contains the text «{other}», which I leave out of account.",
    "Answer B says {other}.",
    "Answer B ends with {other}.",
    "Answer B tells me to write {other}.",
    "Answer B's last line: {other}",
    "The second answer claims: my verdict is {other}.",
    "The end of answer B, which I left out of account:\n> The best answer is {other}",
    "The end of answer B:\n\n> {other}",
    "The end of answer B:\n```\n{other}\n```",
    "The end of answer B:\n```text\nFinal verdict: {other}\nThank you.\n```",
    "Answer B ends with this line:\n\n{other}\n\nI leave it out of account.",
    "According to answer B, the winner is {other}.",
    "<blockquote>{other}</blockquote>",
    "<!-- {other} -->",
    'Answer B holds {{"verdict": "{bare}"}} and says nothing else.',
    # supposed
    "One might say {other} at first sight.",
    "Had both been right, I would have said {other}.",
    "For {other} it would have to name the source.",
    "If the sum were right, {other} would be fair.",
    "{other} would be too kind.",
    "It could have been {other}.",
    "Is it {other}? Hardly.",
    "{other}?",
    "Perhaps {other} in another mood.",
    "I considered {other} for a while.",
    "I almost wrote {other}.",
    "Suppose that the source existed: {other} might be fair.",
    "Were I to look at style alone, I would write {other}.",
    # other leads
    "Loser: {other}",
    "Runner-up: {other}",
    "The weaker one is {other}",
    "Draft verdict: {other}",
    "First impression: {other}",
    "Assume {other} for now.",
    "{other} ❌",
    "‘{other}’ is what its last line says.",
    "It is **not** the case that\n\n{other}",
    "The verdict is anything but\n\n{other}",
    'Its line "Final verdict, after weighing both:" leads to\n\n{other}',
)
TAKEN_BACK = (
    "Wait, the better one is {other}.",
    "Wait. {other}",
    "Actually, {other}.",
    "Actually, the other one is better.",
    "Correction: {other}",
    "Correction, it should be {other}.",
    "On second thought, {other} is right.",
    "On reflection I think that it should be {other}.",
    "Scratch that.",
    "Scratch that, {other}.",
    "I change my verdict to {other}.",
    "I have changed my mind.",
    "I take that back.",
    "Sorry, I meant {other}.",
    "Oops, {other}.",
    "I was wrong: {other}.",
    "I made a mistake above. It is {other}.",
    "Let me reconsider. {other} is fairer.",
    "No, wait: {other}.",
    "Hmm, no. {other}",
    "My mistake, it must be {other}.",
    "That should have been {other}.",
    "Make that {other}.",
    "Please ignore the line above.",
    "I retract my verdict.",
    "The verdict above is withdrawn.",
    "The better one is {other}.",
    "Hold on, {other} it is.",
    "Edit: {other}",
    "In hindsight, {other}.",
    "Korrektur: {other}",
    "更正：{other}",
    "Thank you.\n\nUser: Are you sure?\nAssistant: {other}",
)
# Protocol -> its verdict, another label, and forms of the verdict; those of BARE count as the last line only.
VERDICTS = {
    "pairwise": ("A", "[[B]]", "B"),
    "arena_hard": ("A>B", "[[B>>A]]", "B>>A"),
    "mt_pair_two_turns": ("C", "[[A]]", "A"),
    "rubric_10": ("4", "[[9]]", "9"),
    "mt_single": ("7.5", "[[2]]", "2"),
    "rubric_5": ("4", "[RESULT] 1", "1"),
    "pandalm": ("1", "Verdict: 2", "2"),
    "judgelm": ("8 6", "3 9", "3 9"),
    "checklist": ("yes no yes", "2: yes", "yes"),
}
BRACKETED = {"pairwise", "arena_hard", "mt_pair_two_turns", "rubric_10", "mt_single", "rubric_5"}
_BRACKETED_FORMS = (
    "[[{label}]]", "**[[{label}]]**", "[[**{label}**]]", "`[[{label}]]`", "## [[{label}]]", "- [[{label}]]", "[[ {label} ]].",
    "Final verdict: [[{label}]]", "**Final verdict:** [[{label}]]", "My final verdict is [[{label}]].", "［［{label}］］",
    "Verdict：【【{label}】】", "| Verdict | [[{label}]] |", "<p>Verdict: <strong>[[{label}]]</strong></p>",
    "Final verdict: {label}", "**Final Verdict: {label}**", "Final verdict: [{label}]", "Verdict — {label}", "Verdict: “{label}”",
    "Final verdict\n\n{label}", "### Verdict:\n**{label}**", "The winner is: {label}", "\\boxed{{{label}}}", "$$\\boxed{{\\text{{{label}}}}}$$",
    "[{label}]\nThat is all.", "<verdict>{label}</verdict>", "Both were read. Final verdict: {label}", "All in all, my verdict is {label}.",
    "最终结论：{label}", "Endgültiges Urteil: {label}", "1. Final verdict: {label}",
)  # fmt: skip
FORMS = {
    **dict.fromkeys(("pairwise", "arena_hard", "mt_pair_two_turns"), _BRACKETED_FORMS),
    **dict.fromkeys(("rubric_10", "mt_single", "rubric_5"), (*_BRACKETED_FORMS, "Rating: {label}", "Score — {label}", "Rating: {label}/{high}", "I rate this answer {label} out of {high}.")),
    "pandalm": ("Verdict: 1", "**Verdict: 1**", "### Evaluation: 1", "1", "Verdict： 1", "The winner is: Response 1", "Final verdict: [1]"),
    "judgelm": ("8 6", "**8 6**", "Scores: 8, 6", "`8 6`", "(8, 6)", "Final scores: 8 6"),
    "checklist": (
        "1: yes\n2: no\n3: yes", "1. **Yes** - it names it\n2. **No** - missing\n3. **Yes** - fine", "- 1: Yes\n- 2: No\n- 3: Yes",
        "| 1 | yes |\n| 2 | no |\n| 3 | yes |", "Criterion 1: yes, because it is\nCriterion 2: no\nCriterion 3: yes",
        "1) yes\n2) no. None is given.\n3) yes", "**1: YES**\n**2: NO**\n**3: YES**",
    ),
}  # fmt: skip
FORMS["rubric_5"] += ("[RESULT] {label}", "[RESULT]\n{label}", "Feedback: clear. [RESULT] ({label})")
JSON = {
    **dict.fromkeys(("pairwise", "arena_hard", "mt_pair_two_turns"), '"verdict": "{label}"'),
    "pandalm": '"verdict": "1"',
    **dict.fromkeys(("rubric_10", "mt_single", "rubric_5"), '"score": {label}'),
    "judgelm": '"score_1": 8, "score_2": 6',
    "checklist": '"checks": [{{"number": 1, "met": "yes"}}, {{"number": 2, "met": "no"}}, {{"number": 3, "met": "yes"}}]',
}
_JSON_FORMS = (
    '{{"reasoning": "x", FIELD}}',
    '{{"response": {{"reasoning": "x", FIELD}}}}',
    '```json\n{{"reasoning": "x", FIELD}}\n```',
)
HIGH = {"rubric_5": 5}


def forms(key):
    """The verdict of a protocol in every form."""
    label = VERDICTS[key][0]
    written = [*FORMS[key], *(form.replace("FIELD", JSON[key]) for form in _JSON_FORMS)]
    written.append(_JSON_FORMS[0].replace("FIELD", JSON[key]).replace('"', "'"))
    return [form.format(label=label, high=HIGH.get(key, 10)) for form in written]


def remarks(key, texts=REMARKS):
    """The remarks about another label of this protocol."""
    _, other, bare = VERDICTS[key]
    return [text.format(other=other, bare=bare) for text in texts]
