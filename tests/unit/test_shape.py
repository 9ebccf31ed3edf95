"""What a shape promises: every problem at its place, a normal form, and a schema that says the same."""

import jsonschema
import pytest

from trunkline.shape import (
    BROKEN,
    Anything,
    Array,
    Boolean,
    Choice,
    Findings,
    Integer,
    Number,
    Object,
    Shape,
    Tagged,
    Text,
)

NAME = Text(at_most=5)


def look(shape: Shape, value: object) -> tuple[object, list[str]]:
    """The normal form, and pointer and rule of each problem."""
    findings = Findings()
    normal = shape.check(value, "", findings)
    return normal, [f"{problem.pointer} {problem.rule}" for problem in findings.problems]


def valid(shape: Shape, value: object) -> bool:
    schema = shape.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(value)


ACCEPTED = [
    (Text(), "x"),
    (Text(at_most=2), "\N{PARTY POPPER}\N{PARTY POPPER}"),
    (Text(may_be_empty=True), ""),
    (Text(pattern="[a-z]+"), "abc"),
    (Choice("a", "b"), "b"),
    (Boolean(), False),
    (Number(at_least=-1, at_most=1), 1),
    (Number(at_least=-1, at_most=1), -0.5),
    (Integer(), 2**63 - 1),
    (Array(Text(), at_most=2), []),
    (Array(Text(), at_least=2, at_most=2), ["a", "b"]),
    (Anything(), {"x": [1, None]}),
    (Object({"a": Text()}, {"b": Boolean()}), {"a": "x"}),
]
REFUSED = [
    (Text(), "", " empty"),
    (Text(at_most=2), "abc", " too_long"),
    (Text(pattern="[a-z]+"), "ab\nc", " format"),
    (Text(), 5, " type"),
    (Text(), None, " type"),
    (Choice("a", "b"), "c", " one_of"),
    (Choice("a", "b"), ["a"], " type"),
    (Boolean(), "true", " type"),
    (Boolean(), 1, " type"),
    (Number(at_least=-1, at_most=1), 1.5, " out_of_range"),
    (Number(at_least=-1, at_most=1), True, " type"),
    (Number(at_least=-1, at_most=1), "1", " type"),
    (Integer(), 2**63, " out_of_range"),
    (Integer(), 10**400, " out_of_range"),
    (Integer(), 1.5, " type"),
    (Array(Text(), at_least=2, at_most=2), ["a"], " too_few"),
    (Array(Text(), at_most=1), ["a", "b"], " too_many"),
    (Array(Text(), at_most=1), {"0": "a"}, " type"),
    (Array(Text(), at_most=3), ["a", 5], "/1 type"),
    (Object({"a": Text()}), {}, "/a required"),
    (Object({"a": Text()}), {"a": None}, "/a required"),
    (Object({"a": Text()}), {"a": "x", "b": 1}, "/b unknown_member"),
    (Object({}, {"a": Object({"b/c": Text()})}), {"a": {}}, "/a/b~1c required"),
    (Object(), [], " type"),
]


@pytest.mark.parametrize(("shape", "value"), ACCEPTED)
def test_what_fits_comes_back_and_fits_the_schema(shape: Shape, value: object) -> None:
    assert look(shape, value) == (value, [])
    assert valid(shape, value)


@pytest.mark.parametrize(("shape", "value", "problem"), REFUSED)
def test_what_does_not_fit_is_a_problem_at_its_place_and_does_not_fit_the_schema(
    shape: Shape, value: object, problem: str
) -> None:
    assert look(shape, value)[1] == [problem]
    assert not valid(shape, value)


def test_a_pattern_covers_the_text_to_its_very_end() -> None:
    assert look(Text(pattern="[a-z]+"), "abc\n")[1] == [" format"]


def test_infinity_and_not_a_number_are_out_of_every_range() -> None:
    for value in (float("inf"), float("-inf"), float("nan")):
        assert look(Number(at_least=-(10**9), at_most=10**9), value)[1] == [" out_of_range"]


def test_all_problems_of_a_value_are_found() -> None:
    shape = Object({"a": NAME, "b": Array(Object({"c": NAME}), at_most=2)})
    value = {"a": "123456", "b": [{"c": 1, "d": 2}, {}, {}], "e": 3}
    assert look(shape, value)[1] == [
        "/a too_long",
        "/b too_many",
        "/b/0/c type",
        "/b/0/d unknown_member",
        "/b/1/c required",
        "/e unknown_member",
    ]


def test_null_and_empty_optional_members_count_as_absent() -> None:
    shape = Object({"a": NAME}, {"b": Boolean(), "c": Text(empty_is_absent=True)})
    value = {"a": "x", "b": None, "c": ""}
    assert look(shape, value) == ({"a": "x"}, [])
    assert valid(shape, value)


def test_a_required_text_that_counts_as_absent_when_empty_is_missing() -> None:
    assert look(Object({"a": Text(empty_is_absent=True)}), {"a": ""})[1] == ["/a required"]


def test_a_choice_may_be_written_in_capitals_where_that_is_said() -> None:
    shape = Choice("body", "header", capitals=True)
    assert look(shape, "BODY") == ("body", [])
    assert look(shape, "Body")[1] == [" one_of"]
    assert valid(shape, "BODY") and not valid(shape, "Body")


def test_in_a_broken_normal_form_a_wrong_type_is_marked_and_a_wrong_length_stays() -> None:
    normal, _ = look(Object({"a": NAME, "b": NAME}), {"a": "123456", "b": 5})
    assert normal == {"a": "123456", "b": BROKEN}


def test_a_rule_sees_the_normal_form_and_may_tidy_it() -> None:
    def rule(value: dict[str, object], at: str, findings: Findings) -> None:
        value["seen"] = at
        findings.refuse(f"{at}/a", "odd", "Odd.", found=value["a"], expected="even")

    findings = Findings()
    outer = Object({"in": Object({"a": NAME}, rules=[rule])})
    assert outer.check({"in": {"a": "x"}}, "", findings) == {"in": {"a": "x", "seen": "/in"}}
    [problem] = findings.problems
    assert (problem.pointer, problem.rule, problem.found, problem.expected) == ("/in/a", "odd", '"x"', "even")


def test_ignored_members_are_dropped_with_a_warning_and_misplaced_ones_refused() -> None:
    shape = Object({"a": NAME}, ignored={"old": "Gone."}, misplaced={"b": "It stands elsewhere."})
    findings = Findings()
    assert shape.check({"a": "x", "old": 1, "b": 2}, "", findings) == {"a": "x"}
    assert [(w.pointer, w.rule, w.detail) for w in findings.warnings] == [("/old", "ignored", "Gone.")]
    assert [(p.pointer, p.detail) for p in findings.problems] == [("/b", "It stands elsewhere.")]
    assert look(shape, {"a": "x", "old": None, "b": None}) == ({"a": "x"}, [])


@pytest.mark.parametrize("given", ["preview_ulr", "previewUrl", "PREVIEW_URL", " preview_url"])
def test_the_nearest_known_name_is_suggested(given: str) -> None:
    findings = Findings()
    Object({}, {"preview_url": Boolean(), "body": NAME}).check({given: True}, "", findings)
    assert "Did you mean `preview_url`?" in findings.problems[0].detail


def test_an_absurd_name_is_shortened_and_not_compared() -> None:
    findings = Findings()
    Object({}, {"a": NAME}).check({"a" * 100_000: 1}, "", findings)
    assert len(findings.problems[0].pointer) < 100
    assert "Did you mean" not in findings.problems[0].detail


def test_problems_beyond_the_hundredth_are_counted_as_one() -> None:
    findings = Findings()
    Array(NAME, at_most=1000).check([0] * 500, "", findings)
    assert len(findings.problems) == 101
    assert findings.problems[-1].rule == "more"


TO = Text(at_most=9)
KINDS = Tagged(
    "type",
    {
        "text": Object({"text": NAME, "to": TO}),
        "image": Object({"image": Object({"id": NAME}), "to": TO}, {"note": NAME}),
    },
)


def test_a_tag_says_which_members_belong() -> None:
    value = {"type": "image", "image": {"id": "1"}, "to": "me", "note": "x"}
    assert look(KINDS, value) == (value, [])
    assert valid(KINDS, value)
    for wrong in ({"type": "text", "text": "x", "to": "me", "note": "x"}, {"type": "text", "to": "me"}):
        assert not valid(KINDS, wrong)


def test_a_member_of_another_kind_is_told_where_it_belongs() -> None:
    findings = Findings()
    KINDS.check({"type": "text", "text": "x", "to": "me", "image": {}}, "", findings)
    [problem] = findings.problems
    assert (problem.pointer, problem.rule) == ("/image", "misplaced_member")
    assert problem.detail == "`image` belongs to type image; here the type is text."


def test_without_a_tag_everything_that_does_not_depend_on_it_is_still_looked_at() -> None:
    assert look(KINDS, {"image": {"id": 5}, "nope": 1}) == (
        BROKEN,
        ["/type required", "/image/id type", "/nope unknown_member", "/to required"],
    )
    assert look(KINDS, {"type": "txt", "to": 5}) == (BROKEN, ["/type one_of", "/to type"])


@pytest.mark.parametrize("tag", [None, 5, [], {}, "txt", True])
def test_a_tag_of_any_type_is_answered(tag: object) -> None:
    assert look(KINDS, {"type": tag, "to": "me"})[0] is BROKEN
