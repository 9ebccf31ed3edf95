"""A rate card from a file: good rows are used, and every bad cell is named by line, column and reason."""

from datetime import date
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.pricing.cards import Tier, flat
from trunkline.pricing.reading import Heading, Words, read_card

WORDS = Words(
    markets={"here": "Here", "rest of there": "Rest of there"},
    categories={"ad": "ad", "notice": "notice", "far notice": "far-notice"},
    currencies={"$us": "USD"},
)
HEADING = Heading("USD", date(2026, 10, 1), "a test")

WIDE = """\
Market rates; of October; in USD,,,,
A remark above the header,,,,
Market,Currency,Ad,Notice,"Far-
Notice"
Here,$US,0.0118,0.0014,n/a
Rest of there,USD,0.05,,0.0304
"""

LONG = """\
market,category,from,to,rate
Here,notice,1,100,0.0014
Here,notice,101,MAX,0.0010
Rest of there,far-notice,0,,0.5
"""


def read(text):
    return read_card(text if isinstance(text, bytes) else text.encode(), WORDS, HEADING)


def faults(text):
    return [(fault.line, fault.column, fault.reason, fault.found) for fault in read(text).faults]


def test_list_rates_stand_in_a_column_for_each_category():
    reading = read(WIDE)
    assert reading.faults == ()
    assert reading.card.prices == {
        ("Here", "ad"): flat(11_800),
        ("Here", "notice"): flat(1_400),
        ("Rest of there", "ad"): flat(50_000),
        ("Rest of there", "far-notice"): flat(30_400),
    }
    assert (reading.card.currency, reading.card.effective_from) == ("USD", date(2026, 10, 1))


def test_volume_tiers_stand_in_a_line_each():
    reading = read(LONG)
    assert reading.faults == ()
    assert reading.card.prices == {
        ("Here", "notice"): (Tier(1, 1_400), Tier(101, 1_000)),
        ("Rest of there", "far-notice"): flat(500_000),
    }


@pytest.mark.parametrize(
    "data",
    [
        WIDE.encode("utf-8-sig"),
        WIDE.encode("utf-16"),
        WIDE.replace("\n", "\r\n").encode(),
        WIDE.replace(",", "\t").encode(),
        WIDE.replace(",", ";").replace("0.", "0,").encode(),
        WIDE.upper().encode(),
    ],
    ids=["mark", "utf-16", "crlf", "tabs", "semicolons and decimal commas", "capitals"],
)
def test_the_same_table_is_read_in_every_way_that_programs_write_it(data):
    assert read(data).faults == ()
    assert read(data).card == read(WIDE).card


@pytest.mark.parametrize(
    ("row", "line", "column", "reason"),
    [
        ("Nowhere,USD,1,1,1", 7, "market", "this is not a known market"),
        (",USD,1,1,1", 7, "market", "this is not a known market"),
        ("Here,EUR,1,1,1", 7, "currency", "the card is to be in USD"),
        ("Here,USD,1,1", 7, "", "it has 4 cells, and the header has 5"),
        ("Here,USD,1,1,1,1", 7, "", "it has 6 cells, and the header has 5"),
        ("Here,USD,-1,1,1", 7, "ad", "this is not a number such as 0.0118"),
        ("Here,USD,1,=1+1,1", 7, "notice", "this is not a number such as 0.0118"),
        ('Here,USD,1,1,"1,000.5"', 7, "far notice", "this is not a number such as 0.0118"),
        ("Here,USD,1,0.0000001,1", 7, "notice", "it has 7 digits behind the point, and at most 6 are kept"),
        ("Rest of there,USD,9,9,9", 7, "market", "this market stands in an earlier line already"),
        ('Here,USD,1,1,"1', 7, "", "from here on the file is no table: unexpected end of data"),
    ],
)
def test_a_bad_cell_is_named_and_the_rest_is_used(row, line, column, reason):
    text = WIDE.replace("Here,$US,0.0118,0.0014,n/a\n", "") + row + "\n"
    assert [fault[:3] for fault in faults(text)] == [(line - 1, column, reason)]
    assert read(text).card.prices["Rest of there", "ad"] == flat(50_000)


def test_a_bad_cell_spoils_its_own_price_alone():
    card = read("Market,Ad,Notice\nHere,x,0.5\n").card
    assert card.prices == {("Here", "notice"): flat(500_000)}
    assert faults("Market,Ad,Notice\nHere,x,0.5\n")[0][3] == "x"


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (["1,100", "102,MAX"], (3, "from", "the tiers must follow each other: expected 101")),
        (["1,100", "100,MAX"], (3, "from", "the tiers must follow each other: expected 101")),
        (["2,MAX"], (2, "from", "the tiers must follow each other: expected 1")),
        (["1,MAX", "101,MAX"], (3, "from", "the tier before it has no end")),
        (["1,100"], (2, "to", "the last tier must have no end: leave it empty, or MAX")),
        (["1,0"], (2, "to", "this is not a count of messages")),
        (["1,100", "101,7", "8,MAX"], (4, "from", "the tiers must follow each other: expected 101")),
        (["one,MAX"], (2, "from", "this is not a count of messages")),
        (["-1,MAX"], (2, "from", "this is not a count of messages")),
    ],
)
def test_tiers_with_a_hole_are_left_out_and_the_others_are_used(rows, named):
    lines = ["market,category,from,to,rate", *(f"Here,ad,{row},0.5" for row in rows), "Here,notice,1,MAX,2"]
    text = "\n".join(lines)
    assert read(text).card.prices == {("Here", "notice"): flat(2_000_000)}
    assert named in [fault[:3] for fault in faults(text)]


def test_the_other_tiers_of_a_place_with_a_bad_one_are_named_too():
    text = "market,category,from,to,rate\nHere,ad,1,100,0.5\nHere,ad,101,MAX,cheap\n"
    assert read(text).card is None
    reason = "left out, as another tier of this market and category is bad"
    assert [fault[:3] for fault in faults(text)] == [
        (2, "", reason),
        (3, "rate", "this is not a number such as 0.0118"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 0, "no header: none of the first 20 lines begins with Market"),
        (b"\n" * 30 + b"a,b\n", 0, "no header: none of the first 20 lines begins with Market"),
        (b"Market,Ad,ad\nHere,1,2\n", 1, "the header names this column twice"),
        (b"Market,Colour\nHere,red\n", 1, "no column is named for a category"),
        (b"Market,Ad\nH\xff,1\n", 2, "the file is neither UTF-8 nor UTF-16 with a mark"),
        (b"x" * (1 << 20) + b"y", 0, "the file has 1,048,577 bytes, and at most 1,048,576 are read"),
    ],
)
def test_a_file_that_is_no_card_says_why(data, line, reason):
    assert read(data).card is None
    assert (line, reason) in [(fault.line, fault.reason) for fault in read(data).faults]


def test_a_column_that_is_not_known_is_named_and_not_read():
    reading = read("Market,Ad,Colour\nHere,1,red\n")
    assert reading.card.prices == {("Here", "ad"): flat(1_000_000)}
    assert faults("Market,Ad,Colour\nHere,1,red\n") == [
        (1, "colour", "this column is not known and was not read", "")
    ]


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_a_card_or_named_faults(data):
    for whole in (data, WIDE.encode() + data, LONG.encode() + data):
        reading = read(whole)
        assert reading.card is not None or reading.faults


@pytest.mark.parametrize(
    "text",
    [" " * 250_000, "market" + " " * 250_000, "market," + "ad," * 80_000, '"' + " " * 250_000 + "market"],
)
def test_a_file_made_to_be_slow_is_read_at_once(text):
    began = process_time()
    assert read(text + "\nHere,1\n").card is None
    assert process_time() - began < 2
