"""The JSON gate: what it refuses, how it says so, and that its quick signs decide as a slow parser would."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline import json_faults, json_gate
from trunkline.errors import Problem, Refusal

LIMIT = 1 << 20


def refusal(body: bytes | str, limit: int = LIMIT) -> Refusal:
    with pytest.raises(Refusal) as refused:
        json_gate.decode(body.encode() if isinstance(body, str) else body, limit=limit)
    return refused.value


def test_every_fault_of_content_says_what_would_be_right() -> None:
    for body in (b'{"a": 1, "a": 1}', b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b"[" * 33, b'{"a": 1e999}'):
        assert only_problem(body).expected
    assert only_problem(b'{"a": "\x00"}').expected == "the text without it"


def only_problem(body: bytes | str) -> Problem:
    refused = refusal(body)
    assert refused.reason.word == "bad_json"
    assert len(refused.problems) == 1
    return refused.problems[0]


@pytest.mark.parametrize(
    "body",
    [
        '{"to": "15550001234", "type": "text", "text": {"body": "नमस्ते 😀", "preview_url": false}}',
        ' [1, -0.5, 1e3, true, false, null, "", {}, []]\r\n',
        '{"a": 9223372036854775807, "b": -9223372036854775808}',
        '{"a": 0.1234567890123456789012345678901234567890}',
        '{"a": "\\u003a", "b": ":", "c:d": "\\\\u003a\\\\u0000"}',
        '{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]}',
        '"\\ud83d\\ude00 \\u2028"',
        '{"a": "1234567890123456789012345678901234567890"}',
        '{"a": "' + "[{" * 100 + '", "b": "\\"[[["}',
        "[" * 32 + "]" * 32,
        "[" + ",".join(["[{}]"] * 100) + "]",
    ],
)
def test_sound_json_passes_as_the_standard_library_reads_it(body: str) -> None:
    assert json_gate.decode(body.encode(), limit=LIMIT) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "rule", "pointer", "place"),
    [
        (b"", "empty_body", "", ""),
        (b" \n\t", "empty_body", "", ""),
        (b'{"a": "\xff"}', "not_utf8", "", "line 1, column 8"),
        ('{\n"é": "'.encode() + b'\xe9"}', "not_utf8", "", "line 2, column 7"),
        (b'"\xed\xa0\x80"', "not_utf8", "", "line 1, column 2"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8", "", "line 1, column 1"),
        ('{"a": 1}'.encode("utf-8-sig"), "json_syntax", "", "line 1, column 1"),
        (b'{"a": 1, "b": 2, "a": 3}', "duplicate_key", "/a", "line 1, column 18"),
        (b'{"a": [{}, {"x/y~": 1, "x\\u002fy~": 1}]}', "duplicate_key", "/a/1/x~1y~0", "line 1, column 24"),
        (b'{"a": "\\u003a", "a": 1}', "duplicate_key", "/a", "line 1, column 17"),
        (b'{"a": 1, "a": "\\u003a"}', "duplicate_key", "/a", "line 1, column 10"),
        (b'{"a": "\\u0000"}', "nul_character", "/a", "line 1, column 7"),
        (b'{"a\\u0000": 1}', "nul_character", "", "line 1, column 2"),
        (b'{"a": "\\ud800"}', "lone_surrogate", "/a", "line 1, column 7"),
        (b'{"a": "\\udc00x"}', "lone_surrogate", "/a", "line 1, column 7"),
        (b'{"a": "\\ud800\\u0041"}', "lone_surrogate", "/a", "line 1, column 7"),
        (b'{"a": 9223372036854775808}', "number_range", "/a", "line 1, column 7"),
        (b'{"a": -9223372036854775809}', "number_range", "/a", "line 1, column 7"),
        (b"[1e400]", "number_range", "/0", "line 1, column 2"),
        (b"[-1e99999999999999999999]", "number_range", "/0", "line 1, column 2"),
        (b"[0." + b"1" * 70 + b"]", "number_range", "/0", "line 1, column 2"),
        (b"[" + b"1" * 10_000 + b"]", "number_range", "/0", "line 1, column 2"),
        (b"[" * 33 + b"]" * 33, "too_deep", "/0" * 32, "line 1, column 33"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep", "/a" * 32, "line 1, column 161"),
        (b"[" * 100_000, "too_deep", "/0" * 32, "line 1, column 33"),
        (b'{"a":[' * 50_000, "too_deep", "/a/0" * 16, "line 1, column 97"),
    ],
)
def test_what_another_stage_would_stumble_over_is_refused(
    body: bytes, rule: str, pointer: str, place: str
) -> None:
    problem = only_problem(body)
    assert (problem.rule, problem.pointer) == (rule, pointer)
    assert problem.detail.startswith(place)


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        ('{\n    {\n        "to": "1"\n    }\n}', "line 2, column 5", "doubled brace"),
        ('{{"to": "1"}}', "line 1, column 2", "doubled brace"),
        ('{{"to": "1"}', "line 1, column 2", "doubled brace"),
        ('{"to": {{Recipient-Phone-Number}}}', "line 1, column 8", "placeholder {{Recipient-Phone-Number}}"),
        ('{"link": <Link to Image, https>}', "line 1, column 10", "placeholder <Link to Image, https>"),
        ('{\n  "é": 1,\n}', "line 2, column 9", "trailing comma"),
        ("[1, 2, ]", "line 1, column 6", "trailing comma"),
        ('{"amount_1000": NUMBER}', "line 1, column 17", "unquoted word: NUMBER"),
        ('{to: "1"}', "line 1, column 2", "the name to is not in quotes"),
        ('{"a": {"b": 1}', "line 1, column 15", "before anything closes the “{” of line 1, column 1"),
        ('{"a": [1, 2', "line 1, column 12", "before anything closes the “[” of line 1, column 7"),
        ('{"a": [1, 2}', "line 1, column 12", "“}” can not close the “[” of line 1, column 7"),
        ('{"a": "b}', "line 1, column 7", "not closed on its line"),
        ('{"a": "b\n", "c": 1}', "line 1, column 7", "not closed on its line"),
        ("{'a': 1}", "line 1, column 2", "single quotes"),
        ("{\"a\": 'b'}", "line 1, column 7", "single quotes"),
        ('{"a": “b”}', "line 1, column 7", "curly quotes"),
        ('{"😀": 1, b: 2}', "line 1, column 10", "the name b is not in quotes"),
        ('{"a": 1 "b": 2}', "line 1, column 9", "a comma is missing before “"),
        ('{"a": "say "hi""}', "line 1, column 13", "the text ends before “hi”"),
        ('{"a" 1}', "line 1, column 6", "where the “:” behind a name must"),
        ('{"a": }', "line 1, column 7", "a value is missing"),
        ('{"a": 1,, "b": 2}', "line 1, column 9", "a comma with no member"),
        ('{"a": True}', "line 1, column 7", "True is not a word of JSON"),
        ('{"a": NaN}', "line 1, column 7", "NaN is not a number of JSON"),
        ('{"a": -Infinity}', "line 1, column 7", "-Infinity” is not a number of JSON"),
        ('{"a": 0912}', "line 1, column 7", "starts with 0"),
        ('{"a": +91}', "line 1, column 7", "“+91” is not a number of JSON"),
        ('{"a": 1.}', "line 1, column 7", "1. is not a number of JSON"),
        ('{"a": 0x1F}', "line 1, column 7", "0x1F is not a number of JSON"),
        ('{"a": 1} // done', "line 1, column 10", "a comment"),
        ('{"a": 1}}', "line 1, column 9", "one “}” too many"),
        ('{"a": 1}\n{"b": 2}', "line 2, column 1", "after the end"),
        ('"rows": [{}]', "line 1, column 7", "without its braces"),
        ('{"a": "\\x41"}', "line 1, column 8", "\\x is not an escape"),
        ('{"a": "\\u12G4"}', "line 1, column 8", "\\u12G4 is not an escape"),
        ('{"a": "b\tc"}', "line 1, column 9", "control character U+0009"),
        ("\x00", "line 1, column 1", "character U+0000"),
    ],
)
def test_a_syntax_fault_is_named_by_line_column_and_likely_slip(body: str, place: str, says: str) -> None:
    problem = only_problem(body)
    assert problem.rule == "json_syntax"
    assert problem.detail.startswith(place + ": ")
    assert says in problem.detail
    assert problem.expected


def test_all_faults_of_content_are_reported_at_once_in_the_order_of_the_text() -> None:
    body = '{"a": "\\u0000", "b": 1e999, "a": 9223372036854775808, "c": "\\ud800"}'
    found = [(p.rule, p.pointer) for p in refusal(body).problems]
    assert found == [
        ("nul_character", "/a"),
        ("number_range", "/b"),
        ("duplicate_key", "/a"),
        ("number_range", "/a"),
        ("lone_surrogate", "/c"),
    ]


def test_slips_that_can_be_stepped_over_are_reported_together() -> None:
    body = '{\n  {\n    "to": {{Recipient}},\n    "n": NUMBER,\n    "a": {"link": "x",},\n  }\n}\n'
    found = [(p.pointer, p.detail[:30]) for p in refusal(body).problems]
    assert found == [
        ("", "line 2, column 3: doubled brac"),
        ("/to", "line 3, column 11: the placeho"),
        ("/n", "line 4, column 10: unquoted wo"),
        ("/a", "line 5, column 22: trailing co"),
        ("", "line 5, column 24: trailing co"),
    ]


@pytest.mark.parametrize("body", ['{{"a": 1}}', '{{"a": 1}', "{{}}", "{{{}}}"])
def test_a_doubled_brace_is_one_problem_however_it_is_closed(body: str) -> None:
    assert {p.rule for p in refusal(body).problems} == {"json_syntax"}
    assert all("doubled brace" in p.detail for p in refusal(body).problems)


def test_at_most_twenty_problems_are_reported() -> None:
    assert len(refusal("{" + '"a": 1, ' * 100 + '"a": 1}').problems) == 20


def test_a_body_at_the_limit_passes_and_one_byte_more_is_too_large() -> None:
    body = b'"' + b"x" * 98 + b'"'
    assert json_gate.decode(body, limit=100) == "x" * 98
    refused = refusal(b" " + body, limit=100)
    assert refused.reason.word == "too_large"
    assert "101 bytes" in refused.problems[0].detail


def test_what_was_found_is_shown_shortened() -> None:
    problem = only_problem('{"a": ' + "9" * 300 + "}")
    assert problem.found is not None
    assert len(problem.found) == 60


def test_a_fault_far_into_a_long_body_still_has_its_place() -> None:
    body = "[\n" + "1,\n" * 50_000 + "]"
    problem = only_problem(body)
    assert problem.rule == "json_syntax"
    assert problem.detail.startswith("line 5000")


def test_a_name_that_stands_twice_far_into_a_long_body_is_still_refused() -> None:
    body = "[" + "1," * 50_000 + '{"a": 1, "a": 2}]'
    assert only_problem(body).rule == "duplicate_key"


FRAGMENTS = [
    "a", "b", "é", "😀", ":", ",", "[", "]", "{", "}", "\\u003a", "\\u003A", "\\\\u003a", "\\\\\\u003a",
    "\\u0000", "\\\\u0000", "\\\\\\u0000", '\\"', "\\\\", "\\n", "\\ud83d\\ude00", "\\ud83d", "\\ude00",
    "12345678901234567890",
]  # fmt: skip
LITERALS = [
    "0", "-0", "1", "1.5", "-1e3", "1e400", "1E-400", "true", "false", "null", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1" * 64, "0." + "3" * 62,
    "0." + "3" * 63, "1000000000000000000.5", "1e0000000000000000000000001", "NaN", "01", "+1",
]  # fmt: skip

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=3).map(lambda parts: '"' + "".join(parts) + '"')


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name} : {value}" for name, value in members) + "}"


def _deeper(content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.lists(content, max_size=4).map(lambda items: "[" + " ,".join(items) + "]")
        | st.lists(st.tuples(texts, content), max_size=4).map(_object)
        | st.tuples(content, st.integers(1, 33)).map(lambda pair: "[" * pair[1] + pair[0] + "]" * pair[1])
    )


bodies = st.recursive(texts | st.sampled_from(LITERALS), _deeper, max_leaves=12)


class NotAccepted(Exception):
    """The slow judge says no."""


def _judge(body: str) -> Any:
    """The gate's rules once more, from the standard library's parser and a walk over its value."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(members)) != len(members):
            raise NotAccepted("a name stands twice")
        return dict(members)

    def integer(literal: str) -> int:
        if len(literal) > 64 or not -(2**63) <= int(literal) < 2**63:
            raise NotAccepted("integer")
        return int(literal)

    def floating(literal: str) -> float:
        if len(literal) > 64 or abs(float(literal)) == float("inf"):
            raise NotAccepted("float")
        return float(literal)

    def constant(literal: str) -> Any:
        raise NotAccepted(literal)

    try:
        value = json.loads(
            body, object_pairs_hook=pairs, parse_int=integer, parse_float=floating, parse_constant=constant
        )
    except ValueError as error:
        raise NotAccepted(str(error)) from None
    _walk(value, 0)
    return value


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, str) and ("\0" in value or value.encode(errors="replace").decode() != value):
        raise NotAccepted("text")
    if isinstance(value, dict | list):
        if depth == 32:
            raise NotAccepted("depth")
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            _walk(inner, depth + 1)


def _agree(body: str) -> None:
    try:
        expected = _judge(body)
    except NotAccepted:
        problems = refusal(body).problems
        assert problems
        assert problems == json_faults.find(body.encode())  # none is left to the unexplained
    else:
        assert json_gate.decode(body.encode(), limit=LIMIT) == expected
        assert json_faults.find(body.encode()) == []


@settings(max_examples=400, deadline=None)
@given(bodies)
def test_the_gate_decides_as_a_slow_parser_does(body: str) -> None:
    _agree(body)


@settings(max_examples=400, deadline=None)
@given(bodies, st.data())
def test_the_gate_decides_as_a_slow_parser_does_on_damaged_bodies(body: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    damage = data.draw(st.sampled_from(["", ",", "}", "]", "{", '"', "\\", "x", "'", "\n", "\x01", "{{x}}"]))
    _agree(body[:at] + damage + body[at + data.draw(st.integers(0, 2)) :])


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\ut0 -1e.', max_size=30).map(str.encode))
def test_any_bytes_give_a_value_or_a_refusal_with_problems(body: bytes) -> None:
    try:
        json_gate.decode(body, limit=LIMIT)
    except Refusal as refused:
        assert refused.reason.word == "bad_json"
        assert refused.problems
