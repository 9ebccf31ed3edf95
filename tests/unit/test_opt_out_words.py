"""Which texts are an order to stop or to start, and which are only about stopping."""

import pytest

from trunkline.model.opt_out import LANGUAGES, Order, Vocabulary, plain, reply_to

WORDS = Vocabulary()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_data_file_is_read_as_what_it_stands_for(language: str) -> None:
    for order in Order:
        for word in LANGUAGES[language].words(order):
            for written in (word, word.upper(), f" {word}. "):
                heard = WORDS.read(written)
                assert heard is not None, written
                assert heard.order is order, written
                assert language in heard.languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_answer_is_no_order_and_names_a_word_that_is(language: str) -> None:
    known = LANGUAGES[language]
    for text, wanted in (
        (known.stopped, Order.START),
        (known.stopped_marketing, Order.START),
        (known.started, Order.STOP),
    ):
        assert WORDS.read(text) is None
        orders = [heard.order for word in plain(text).split() if (heard := WORDS.read(word))]
        assert orders == [wanted] or any(word in text for word in known.words(wanted)), text


def test_a_calling_code_leads_to_one_language() -> None:
    codes = [code for known in LANGUAGES.values() for code in known.codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop!",
        "“Stop.”",
        "s\u200bt\u2060op",
        "stop\u3164",
        "\u202estop",
        "\uff33\uff34\uff2f\uff30",
        "Stop \U0001f6d1",
        "stop \u2764\ufe0f",
        " STOP \n",
        "*stop*",
        "Opt-out",
        "ARRÊT",
        "arre\u0302t",
        "arret",
        "ÇIKIŞ",
        "cikis",
        "İPTAL",
        "СТОП",
        "ايقاف",
        "إيقاف",
        "退订",
        "रोकें",
        "DỪNG",
    ],
)
def test_writing_it_in_another_way_changes_nothing(text: str) -> None:
    heard = WORDS.read(text)
    assert heard is not None
    assert heard.order is Order.STOP


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "\u200b",
        "\U0001f6d1",
        "stop by tomorrow",
        "please stop",
        "do not stop",
        "don't stop!",
        "Stopover",
        "STOP STOP",
        "cancel my order",
        "when does it end?",
        "sto",
        "dung",  # without its accents it is another word
        "रक",
        "yes",
        "1",
        "stop " + "x" * 100_000,
    ],
)
def test_what_is_more_or_less_than_the_word_is_no_order(text: str | None) -> None:
    assert WORDS.read(text) is None


def test_the_button_that_stops_promotions_stops_only_these() -> None:
    heard = WORDS.read("Stop promotions")
    assert heard is not None
    assert (heard.order, heard.order.scope) == (Order.STOP_MARKETING, "marketing")


def test_an_operator_adds_words_and_takes_others_away() -> None:
    words = Vocabulary(["Ciao Bella", ""], ["Moin"], ["End", "ARRET"])
    assert words.read("ciao, bella!") is not None
    assert words.read("moin") is not None
    assert words.read("end") is None
    assert words.read("arrêt") is not None  # only what was named is taken away
    assert words.read("") is None


@pytest.mark.parametrize(
    ("text", "phone", "default", "language"),
    [
        ("STOP", "4915550000000", "en", "de"),
        ("STOP", "99950002222", "de", "de"),
        ("STOP", "15550002222", "en", "en"),
        ("STOP", None, "xx", "en"),
        ("BAJA", "4915550000000", "en", "es"),  # somebody who writes Spanish reads it
        ("Moin", "4915550000000", "en", "de"),
        ("Moin", None, "fr", "fr"),
        ("Moin", None, "xx", "en"),
    ],
)
def test_the_answer_is_in_a_language_of_the_word(
    text: str, phone: str | None, default: str, language: str
) -> None:
    heard = Vocabulary(more_stop=["moin"]).read(text)
    assert heard is not None
    assert reply_to(heard, phone, default) == LANGUAGES[language].stopped
