"""Languages are read by code and by name, and guessed from a text only where that is good."""

import json

import pytest

from arena.models import Prompt
from arena.texts.languages import code_of, recognised_language
from tests.arena.importing.import_files import imported, lines, write
from tests.factories import make_arena, make_prompt

# Too short, mostly code or numbers, or a handful of loan words: none of them may get a language that it is not in.
SHORT = (
    "Show some markup.", "Hello my friend", "400 error", "hi", "def f(x): return x*x", "Explain recursion", "Continue",
    "Write me a haiku", "Sort 3, 1, 2", "ok", "Yes please", "More", "Why?", "lorem ipsum", "List five fruits", "Tell me a joke",
    "Make it shorter", "git rebase -i HEAD~3", "import numpy as np", "1+1=?", "```\nfor i in range(3): print(i)\n```",
    "https://example.org/a/b?c=d", "Go on", "banana", "Summarise", "Who is Ada Lovelace", "Translate: bonjour", "TL;DR",
    "Fix my code", "Draw a cat in SVG", "x^2 + y^2 = z^2", "C++ vs Rust", "404 not found", "Plan a trip to Rome",
)  # fmt: skip
# English of 20 to 60 letters, with names, loan words and code in it.
PROMPTS = (
    "Explain CSS flexbox quickly", "Cover letter for a nurse", "Write an obituary for Clippy", "Write a toast for a wedding",
    "Name a famous Dutch painter", "Three facts about octopuses", "Who invented the telephone?",
    "Write unit tests for a stack", "Convert Celsius to Fahrenheit", "Suggest a gift for my dad",
    "Why did Rome fall?  Be brief", "Remove duplicates in Excel", "Compare Rust and Go for servers",
    "Describe a sunset on Titan", "Where does Marie Curie rest?", "Explain quantum tunnelling",
    "What is dark matter made of?", "Is a tomato a fruit or a vegetable?", "Simulate a dice roll in R",
    "Model a bank account in Java", "Plan a weekend in Lisbon", "Explain inflation vs deflation",
    "Minimum wage in Ontario 2023", "Vim: how do I exit insert mode?", "Best sci-fi novels since 2000",
    "Reverse a linked list in C", "Calculate the monthly mortgage for 300k at 5%",
    "Write a cold email to a venture capital partner", "Interview questions for a senior data engineer",
    "Is it legal to record phone calls in California?", "Biography of Fyodor Dostoevsky in two sentences",
    "What is the etymology of the word algorithm?", "Best practices for REST pagination and filtering",
    "What is retrieval augmented generation, in brief?", "Configure nginx reverse proxy with SSL termination",
    "Name the Avengers in the first Marvel movie", "Compare Don Quixote and Sancho Panza as characters",
    "Summarise: inflation fell, wages rose, rents stagnated", "Imagine a dialogue between Plato and Nietzsche",
    "Yoga routine for lower back pain, ten minutes", "Dune by Frank Herbert: main themes in five bullets",
    "kubectl get pods shows CrashLoopBackOff, what now?", "Fill in the blanks: the mitochondria is the ____ of the cell",
    "Summarise Les Miserables by Victor Hugo for kids", "Solve: a train leaves Chicago at 60 mph at noon",
    "Convert a pandas DataFrame into a dict of lists", "Regex to match IPv4 addresses, with an explanation",
    "List the ingredients of a margarita and a mojito", "Create a menu: tapas, paella, churros and sangria",
    "Pros and cons of nuclear energy versus solar", "Can you proofread my thesis abstract for grammar?",
    "What did Immanuel Kant mean by Ding an sich?", "How do I say good morning in Korean and Thai?",
    "Draw an ASCII art of a Christmas tree, please", "Simulate a vending machine using a state machine",
    "List Mozart operas: Don Giovanni, Figaro and so on", "Rank Tarantino films from best to worst, no spoilers",
    "Tell a joke about a statistician and a Bayesian", "Difference between const, let and var in JavaScript",
    "git push origin main rejected non-fast-forward", "Translate the phrase carpe diem and explain it",
    "Vegan tiramisu recipe with mascarpone substitute", "Hamilton versus Verstappen: who is the better driver?",
    "TypeError: cannot read properties of undefined",
)  # fmt: skip
LONGER = {
    "de": "Kannst du mir bitte erklären, wie ein Kühlschrank funktioniert und warum er warm wird?",
    "fr": "Peux-tu m'expliquer comment fonctionne un moteur électrique en quelques phrases simples ?",
    "es": "Escribe un cuento corto sobre una niña que descubre un jardín secreto detrás de su casa.",
    "it": "Scrivi una breve storia su un pescatore che trova una bottiglia con un messaggio dentro.",
    "nl": "Kun je uitleggen waarom de dagen in de winter korter zijn dan de dagen in de zomer?",
    "sv": "Kan du förklara varför dagarna är kortare på vintern än på sommaren, med enkla ord?",
    "pl": "Napisz krótkie opowiadanie o chłopcu, który znalazł na strychu starą mapę skarbów.",
    "tr": "Kışın günlerin neden yaz günlerinden daha kısa olduğunu basit kelimelerle açıklar mısın?",
    "cs": "Napiš krátkou povídku o chlapci, který na půdě našel starou mapu pokladu svého dědečka.",
    "fi": "Selitä yksinkertaisin sanoin, miksi päivät ovat talvella lyhyempiä kuin kesällä.",
    "uk": "Поясни простими словами, чому взимку дні коротші, ніж улітку, і наведи один приклад.",
    "ar": "اشرح لي بكلمات بسيطة لماذا تكون الأيام في الشتاء أقصر من الأيام في الصيف مع مثال واحد.",
}
CLEAR = {
    "What is the capital of France, and what is it known for?": "en",
    "Schreibe ein Gedicht über den Herbst in zwei Strophen.": "de",
    "Quel est le meilleur moyen d'apprendre le piano ?": "fr",
    "Skriv en dikt om hösten och löven som faller": "sv",
    "请解释一下什么是递归,并给出一个例子": "zh",
    "日本の首都はどこですか": "ja",
    "대한민국의 수도는 어디입니까?": "ko",
}


@pytest.mark.parametrize("text", SHORT)
def test_a_short_text_is_english_or_unknown(text):
    assert recognised_language(text) in {"en", ""}


def n_letters(text):
    return sum(map(str.isalpha, text))


@pytest.mark.parametrize("text", PROMPTS)
def test_an_english_prompt_gets_no_other_language(text):
    assert 20 <= n_letters(text) <= 60
    assert recognised_language(text) in {"en", ""}


def test_of_prompts_that_people_wrote_less_than_one_in_a_hundred_gets_another_language(shared_data):
    """English instructions, and what they are about, of 20 to 60 letters."""
    rows = json.loads((shared_data / "pandalm" / "testset-v1.json").read_text())
    written = {row[name] for row in rows for name in ("instruction", "input")}
    written |= {json.loads(line)["prompt"] for line in (shared_data / "arena-hard-v0.1" / "question.jsonl").open()}
    short = [text for text in written if 20 <= n_letters(text) <= 60]
    other = [text for text in short if recognised_language(text) not in {"en", ""}]
    assert len(short) > 100
    assert len(other) < 0.01 * len(short), other


@pytest.mark.parametrize(("language", "text"), LONGER.items())
def test_a_longer_prompt_in_another_language_is_recognised(language, text):
    assert n_letters(text) >= 60
    assert recognised_language(text) == language


@pytest.mark.parametrize(("text", "language"), CLEAR.items())
def test_a_clear_text_is_recognised(text, language):
    assert recognised_language(text) == language


def test_code_says_nothing_of_the_language_around_it():
    code = "```python\n" + "import numpy as np\nresultat = np.sort(valeurs)\n" * 20 + "```"
    assert recognised_language(f"{code}\nWarum ist dieses Programm so langsam, und was kann man dagegen tun?") == "de"
    assert recognised_language(code) == ""


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ('Translate "Ich liebe dich und möchte mit dir zusammen sein" into English', {"en", ""}),
        ("What does “Quel est le meilleur moyen d'apprendre le piano ?” mean, and is it polite?", {"en"}),
        ("Please translate the following sentence:\n> Der Hund schläft heute den ganzen Tag im Garten.", {"en", ""}),
        ("Übersetze bitte den folgenden Satz ins Deutsche: „What is the capital of France, and why?“", {"de"}),
        ("请把「What is the capital of France, and what is it known for?」翻译成中文", {"zh", ""}),
        ('"Der Hund schläft heute den ganzen Tag im Garten."', {"de"}),
        ('Er sagte: "Der Hund schläft heute den ganzen Tag im Garten, und die Katze auch."', {"de"}),
        ("Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt", {""}),
        ("Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani", {"la"}),
    ],
)
def test_what_is_quoted_does_not_decide_about_the_request_around_it(text, languages):
    assert recognised_language(text) in languages


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Chinese", "zh"), ("English", "en"), ("german", "de"), ("Brazilian Portuguese", "pt-BR"), ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"), ("zh", "zh"), ("EN", "en"), ("deu", "de"), (" Haitian  Creole ", "ht"), ("Tagalog", "tl"),
        ("pt-BR", "pt-BR"), ("unknown", ""), ("und", ""), ("", ""), ("Deutsch", None), ("codnig", None), ("e", None),
    ],
)  # fmt: skip
def test_names_and_codes_are_understood(written, code):
    assert code_of(written) == code


@pytest.mark.django_db
def test_an_import_counts_the_prompts_whose_language_stays_unknown(tmp_path):
    rows = [{"id": f"s{n}", "prompt": text} for n, text in enumerate(SHORT[:9])]
    rows += [{"id": "c", "prompt": "Schreibe ein Gedicht über den Herbst."}, {"id": "g", "prompt": "hi", "language": "Chinese"}]
    source = imported(write(tmp_path, lines(*rows)), "jsonl", make_arena(), kind="prompts")
    assert "1 prompt without a language: recognised from the text." in source.report["notes"]
    assert "9 prompts without a language, too short or too mixed to recognise it: left unknown." in source.report["notes"]
    stored = {each.key: each for each in Prompt.objects.all()}
    assert [(stored[key].language, stored[key].is_language_guessed) for key in ("s0", "c", "g")] == [
        ("", False), ("de", True), ("zh", False),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_battle_file_counts_prompts_not_battles(tmp_path):
    battle = {"model_a": "x", "model_b": "y", "winner": "model_a", "prompt": "hi"}
    rows = [battle | {"judge": f"j{n}"} for n in range(3)] + [battle | {"language": "Chinese", "prompt": "ni hao"}]
    source = imported(write(tmp_path, lines(*rows)), "chatbot-arena", make_arena())
    assert "1 prompt without a language, too short or too mixed to recognise it: left unknown." in source.report["notes"]
    assert Prompt.objects.get(turns=["ni hao"]).language == "zh"
    assert not any("no known code" in note for note in source.report["notes"])


@pytest.mark.django_db
def test_a_curator_gives_a_language_by_its_name(admin_client):
    prompt = make_prompt(make_arena(), language="fr", is_language_guessed=True)
    data = {
        "action": "file_elsewhere", "_selected_action": [prompt.pk], "apply": "1", "language": "Chinese", "category": "",
        "select_across": "0",
    }  # fmt: skip
    admin_client.post("/admin/arena/prompt/", data)
    prompt.refresh_from_db()
    assert (prompt.language, prompt.is_language_guessed) == ("zh", False)
    told = admin_client.post("/admin/arena/prompt/", data | {"language": "Deutsch"})
    assert "is not a language" in told.content.decode()
