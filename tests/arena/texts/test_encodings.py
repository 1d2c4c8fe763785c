"""Texts in an encoding that nobody named: candidates are named, and texts with accents are left alone."""

import pytest

from arena.texts.encodings import likely_encodings, read_wrongly

RUSSIAN, CHINESE = "Какая столица у Франции? Назови озеро.", "法国的首都是哪里？请说出一个湖泊的名字。"
TAIWANESE, KOREAN, JAPANESE = "法國的首都是哪裡？", "프랑스의 수도는 어디입니까?", "フランスの首都はどこですか。"
WRITTEN = [
    (RUSSIAN, "windows-1251"), (RUSSIAN.upper() + " столица", "windows-1251"), (RUSSIAN, "koi8-r"), (CHINESE, "gbk"),
    (TAIWANESE, "big5"), (KOREAN, "euc-kr"), (JAPANESE, "shift_jis"), (JAPANESE, "euc-jp"),
]  # fmt: skip
ACCENTS = [
    "Größe für Äpfel", "été à la forêt «CAFÉ» Ça va", "AÇÃO EDUCAÇÃO INFORMAÇÃO NAÇÃO", "Þetta er íslenska áðí þæö",
    "È più là, perché è così: ÀÈÌÒ",
    "“Quotes” – dashes… €5", "ÄÖÜ äöü ß", "Příliš žluťoučký kůň", "x² + y² ≥ °C", "ÅÄÖ åäö", "ÉÈÊË éèêë", "Łódź", "½ ± ¾ ÷ ×",
]  # fmt: skip


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
def test_the_encoding_of_a_text_is_among_the_candidates(text, encoding):
    assert encoding in likely_encodings(text.encode(encoding))
    names, meant = read_wrongly(text.encode(encoding).decode("latin-1"))
    assert encoding in names
    assert encoding != names[0] or meant == text


@pytest.mark.parametrize("text", [RUSSIAN, CHINESE, JAPANESE, "Größe", "naïve – café…", "€5"])
@pytest.mark.parametrize("wrong", ["latin-1", "windows-1252"])
def test_utf8_that_was_read_as_latin_is_known(text, wrong):
    garbled = text.encode().decode(wrong, errors="replace")
    if "\N{REPLACEMENT CHARACTER}" not in garbled:  # which is no letter of either
        assert read_wrongly(garbled) == (["utf-8"], text)


@pytest.mark.parametrize("text", [*ACCENTS, RUSSIAN, CHINESE, "plain", ""])
def test_a_text_that_is_right_is_left_alone(text):
    assert read_wrongly(text) == ([], "")
    assert not likely_encodings(text.encode("windows-1252", errors="ignore"))


def test_a_text_that_ends_within_a_sign_is_still_known():
    assert likely_encodings((CHINESE * 200).encode("gbk")[:2001]) == ["gbk"]
