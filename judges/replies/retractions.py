"""Whether the text beside a verdict takes it back: a sentence, another label, or a conversation that goes on by itself."""

import re

from arena.lazy_patterns import LazyPattern
from judges.replies import remark_words, score_corrections
from judges.replies.labels import Labels
from judges.replies.named_winners import names_another
from judges.replies.other_languages import names_another_abroad
from judges.replies.verdict_lines import ReplyReading

_SPEAKER = LazyPattern(r"^\W{0,8}(?:user|human|customer)\W{0,4}:", re.M)
_REPLIES = LazyPattern(r"^\W{0,8}(?:assistant|ai|judge|model|bot)\W{0,4}:[^\w\[\n]{0,8}([^\n]{1,40})$", re.M)
_LAST_SENTENCE = LazyPattern(r"[.!?](?=\s)|[。！？]")


def is_taken_back(reading: ReplyReading, place: int, label: str, labels: Labels) -> bool:
    """Whether a sentence behind the verdict takes it back: in words, by another label or winner, or by denying its own."""
    for mention in reading.mentions:
        if mention.start < place or mention.label is None:
            continue
        if mention.label == label and mention.is_denied:
            return True
        if mention.label != label and not mention.is_doubtful and remark_words.claims(mention.sentence):
            return True
    side = labels.side(label)
    sentences = list(dict.fromkeys(reading.sentences_after(place)))  # a model in a loop repeats one a thousand times
    if any(
        remark_words.takes_back(each) or names_another(each, side) or names_another_abroad(each, side) for each in sentences
    ):
        return True
    if labels.is_score and not side and any(score_corrections.corrects(each, label) for each in sentences):
        return True
    return _goes_on_by_itself(reading, place, label, labels)


def is_spoken_against(reading: ReplyReading, place: int, label: str, labels: Labels) -> bool:
    """Whether the sentence right before a verdict gives the win to another side."""
    parts = [part for part in _LAST_SENTENCE.split(reading.words_before(place)) if any(map(str.isalnum, part))]
    return bool(parts) and names_another(parts[-1].strip(), labels.side(label), is_before=True)


def _goes_on_by_itself(reading: ReplyReading, place: int, label: str, labels: Labels) -> bool:
    """Whether a user that the model made up speaks behind the verdict, and another label follows."""
    behind = reading.text_after(place)
    speaker = _SPEAKER.search(behind)
    if speaker is None:
        return False
    rest = behind[speaker.end() :]
    later_labels = [mention.label for mention in labels.in_prose(rest)]
    for reply in _REPLIES.finditer(rest):
        core = reply[1].rpartition(":")[2].strip(" \t*_.`")
        one = labels.stated(core, "")
        later_labels += [one.label] if one else []
    return any(each and each != label for each in later_labels)
