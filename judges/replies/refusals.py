"""The beginnings of replies in which a model refuses to judge. Only replies without any label are checked."""

OPENINGS = (
    "i'm sorry, but i can't", "i'm sorry, but i cannot", "i'm sorry, i can't", "i'm sorry, i cannot", "i am sorry, but i can",
    "sorry, but i can't", "sorry, i can't", "sorry, i cannot", "i'm sorry, but i'm not able", "i'm sorry, but i am unable",
    "i can't assist", "i cannot assist", "i can't help with", "i cannot help with", "i can't provide", "i cannot provide",
    "i can't evaluate", "i cannot evaluate", "i can't compare", "i cannot compare", "i can't judge", "i cannot judge",
    "i can't engage", "i cannot engage", "i can't fulfill", "i cannot fulfill", "i can't comply", "i cannot comply",
    "i can't do that", "i can't continue", "i cannot continue", "i can't rate", "i cannot rate", "i can't score",
    "i won't", "i will not", "i'm unable to", "i am unable to", "i'm not able to", "i am not able to", "i must decline",
    "i have to decline", "i need to decline", "i decline to", "i'm going to decline",
    "i apologize, but i can", "i apologise, but i can",
    "i apologize, but i'm unable", "i apologize, but i am unable", "unfortunately, i can't", "unfortunately, i cannot",
    "as an ai language model, i can't", "as an ai language model, i cannot", "as an ai, i can't", "as an ai, i cannot",
    "this content violates", "this request violates", "your request was flagged",
    "es tut mir leid, aber ich kann", "ich kann dabei nicht helfen", "je suis désolé, mais je ne peux",
    "désolé, mais je ne peux",
    "lo siento, pero no puedo", "lo siento, no puedo", "mi dispiace, ma non posso", "desculpe, mas não posso",
    "抱歉，我不能", "抱歉，我无法", "对不起，我不能", "对不起，我无法", "申し訳ありませんが", "죄송하지만",
    "извините, но я не могу",
    "к сожалению, я не могу",
)  # fmt: skip
