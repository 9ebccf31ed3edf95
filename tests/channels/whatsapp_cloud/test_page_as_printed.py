"""The vendor page's samples as printed: what is not JSON is refused with the name and place of the slip."""

from pathlib import Path

import pytest

from trunkline import json_gate
from trunkline.errors import Refusal

SAMPLES = Path(__file__).parent / "cases" / "page_as_printed"

DOUBLED = "doubled brace: a second “{” stands where a name must"

SLIPS = {
    "text": [("", f"line 2, column 5: {DOUBLED}")],
    "image_by_url": [("", f"line 2, column 5: {DOUBLED}")],
    "image_by_id": [("", f"line 2, column 5: {DOUBLED}")],
    "document_by_url": [("", f"line 2, column 5: {DOUBLED}")],
    "document_by_id": [("", f"line 2, column 5: {DOUBLED}")],
    "audio_by_url": [
        ("", f"line 2, column 5: {DOUBLED}"),
        ("/audio", "line 7, column 45: trailing comma: nothing follows it"),
    ],
    "audio_by_id": [("", f"line 2, column 5: {DOUBLED}")],
    "video_by_url": [("", f"line 2, column 5: {DOUBLED}")],
    "video_by_id": [("", f"line 2, column 5: {DOUBLED}")],
    "location": [("", f"line 2, column 9: {DOUBLED}")],
    "list": [("", f"line 2, column 5: {DOUBLED}")],
    "template": [
        (
            "/template/components/0/parameters/1/currency/amount_1000",
            "line 21, column 40: unquoted word: NUMBER is neither a number nor a text",
        )
    ],
}
SOUND = {"text_short", "contacts"}  # JSON as printed; what they lack are real values


def test_every_sample_of_the_page_is_here() -> None:
    assert {path.stem for path in SAMPLES.glob("*.txt")} == set(SLIPS) | SOUND


@pytest.mark.parametrize("name", sorted(SLIPS))
def test_a_broken_sample_is_refused_with_its_slip_by_line_and_column(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        json_gate.decode((SAMPLES / f"{name}.txt").read_bytes(), limit=1 << 20)
    assert [(p.pointer, p.detail) for p in refused.value.problems] == SLIPS[name]
    assert all(p.rule == "json_syntax" and p.expected for p in refused.value.problems)


def test_a_sample_that_misses_a_brace_at_its_end_is_told_to_drop_only_the_second_one() -> None:
    with pytest.raises(Refusal) as refused:
        json_gate.decode((SAMPLES / "list.txt").read_bytes(), limit=1 << 20)
    assert refused.value.problems[0].expected == "one “{” less"


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_sound_sample_passes_the_gate(name: str) -> None:
    assert json_gate.decode((SAMPLES / f"{name}.txt").read_bytes(), limit=1 << 20)["type"]
