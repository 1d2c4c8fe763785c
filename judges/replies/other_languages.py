# ruff: noqa: E501 - lists of words
"""Sentences of other languages that name another winner: one answer alone, a word for "better", and no word of denial.

No grammar of each language: a sentence that names both answers, or neither, says nothing here, and neither does one with a word
that denies, doubts or limits. English has clauses, in `judges.replies.named_winners`.
"""

import re

from arena.lazy_patterns import LazyPattern

_MOST = 400  # signs of a sentence that are looked at
_NOUN = (
    r"(?:respuestas?|réponses?|antwort(?:en)?|rispost[ae]|respostas?|antwoord(?:en)?|odpowied[źz]i?|ответ\w*|відповідь|cevap|cevab\w*|yanıt\w*|svar|vastaus|odpověď|válasz|răspuns\w*|απάντηση"
    r"|jawaban|câu trả lời|trả lời|الإجابة|إجابة|उत्तर|as+istent\w*|asistan\w*|ассистент\w*|модель|modell?[eo]?|opción|option|opção|opzione|variant\w*)"
)
_EAST = r"(?:回答|答案|回复|回覆|回應|助手|助理|模型|选项|アシスタント|応答|解答|답변|응답|어시스턴트|대답)"
_FIRST = (
    rf"{_NOUN} ?[aа1](?!\w)|{_EAST} ?[a1一](?![a-z0-9])|(?<![a-z0-9])a(?=[^\x00-\u2fff])|^\W*a(?= (?:ist|es|est|è|é|jest|är|er|is|daha|лучше)\b)"
    r"|\b(?:erste|primera|première|prima|primeira|eerste|pierwsza|первый|ilk|birinci)\b|第一|最初の|前者|첫 ?번째|첫째|הראשונה|الأولى|पहला"
)
_SECOND = rf"{_NOUN} ?[bбв2](?!\w)|{_EAST} ?[b2二](?![a-z0-9])|(?<![a-z0-9_'’])b(?![a-z0-9_])|\b(?:zweite|segunda|deuxième|seconde?|seconda|tweede|druga|второй|ikinci)\b|第二|二番目|后者|後者|두 ?번째|둘째|الثانية|दूसरा"
_BETTER = LazyPattern(
    r"\b(?:mejor|superior|preferible|gana(?:dora?)?|meilleure?|mieux|supérieure?|préférable|gagne(?:nte?)?|l['’]emporte|besser(?:e|en|er)?|beste|überlegen|gewinnt|vorzuziehen|migliore|preferibile|vince|vincitrice|melhor|preferível|vence(?:dora?)?"
    r"|beter|betere|wint|lepsz[aey]|najlepsz[aey]|wygrywa|лучше|лучший|лучшая|предпочтительнее|побеждает|превосходит|кращ\w+|bättre|bedre|parempi|lepší|jobb|mai bun|καλύτερη|lebih baik|tốt hơn|daha (?:iyi|doğru|başarılı)|üstün|kazanır|أفضل|बेहतर)(?!\w)"
    r"|更好|较好|較好|更优|更優|更佳|最好|胜出|獲勝|获胜|更强|より良|よりよ|より優|優れ|勝ち|更に良|良いです|더 ?(?:낫|나은|나아|좋|우수|훌륭)|우수|승리|이긴"
)
_DENIAL = LazyPattern(
    r"\b(?:no|nunca|ni|non|né|neanche|nicht|kein\w*|weder|nie|pas|ne|jamais|aucune?|não|nem|niet|geen|не|нет|ни|ei|inte|ikke|ikk|není|nem|nu|δεν|bukan|tidak|không|değil\w*|ليس\w*|नहीं"
    r"|si|wenn|falls|se|als|jeśli|если|eğer|wäre|würde|hätte|könnte|sería|podría|serait|pourrait|sarebbe|potrebbe|seria|poderia|zou|byłaby|бы|pero|mais|aber|ma|mas|maar|ale|но|ama|fakat)(?!\w)"
    r"|n['’]est|n['’]a|不|没|沒|非|未|如果|若|但|ない|ません|もし|しかし|않|아니|못|만약|하지만|지만|[?？\"“”«»「」]"
)
# The standard of a comparison is no winner: "besser als A", "比A", "AよりB", "A보다".
_THAN = LazyPattern(
    rf"(?:\b(?:als|que|di|do que|da|dan|niż|od|чем|än|end|než|mint|decât)(?: (?:die|der|la|le|el|l['’]|das|de|à|a|a da|o))? ?|比)(?:{_NOUN} ?|{_EAST} ?)?[abаб12](?![\w'’])"
    rf"|比(?:{_EAST} ?)?[ab12]|(?:{_NOUN} ?|{_EAST} ?)?(?<![a-z0-9])[ab12](?:より(?!良|よ|優)|보다|['’]?(?:dan|den) (?=daha))"
)
_ENGLISH = LazyPattern(r"\b(?:the|is|are|was|it|of|and|than)\b")


def names_another_abroad(sentence: str, side: str) -> bool:
    """
    Whether a sentence in another language than English, folded, gives the win to another side than this one.

    Examples
    --------
    >>> names_another_abroad("antwort b ist besser als a.", "a"), names_another_abroad("antwort b ist nicht besser.", "a")
    (True, False)
    """
    if side not in {"a", "b"} and side != "c":
        return False
    text = sentence[:_MOST].strip()
    if not _BETTER.search(text):
        return False
    text = _THAN.sub(" ", text)
    if _DENIAL.search(text) or (_ENGLISH.search(text) and not re.search(r"\bis (?:beter|de beste)\b", text)):
        return False
    named = {name for name, words in (("a", _FIRST), ("b", _SECOND)) if re.search(words, text)}
    return len(named) == 1 and named != {side}
