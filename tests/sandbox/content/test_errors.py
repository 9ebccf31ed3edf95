"""Graph's error bodies: every code that the sandbox knows, against Meta's table."""

from trunkline.sandbox.errors import CODES, DETAILS, GraphError, known_error, status_error, unknown_node

OTHER_THAN_400 = {
    401: {0, 190},
    403: {10, 200, 368, 130497, 131005, 131031},
    404: {803, 132001},
    500: {3, 131000, 131016, 131045, 131057, 133000, 134102},
    503: {2, 133004},
}
HTTP = {code: status for status, codes in OTHER_THAN_400.items() for code in codes}
ALWAYS = ["message", "type", "code"]


def test_every_code_has_metas_status_and_shape() -> None:
    for code, row in CODES.items():
        error = known_error(code)
        assert error.status == HTTP.get(code, 400), code
        assert list(error.body()) == ["error"]
        body = error.body()["error"]
        members = ALWAYS + ["error_data"] * (code in DETAILS) + ["is_transient"] * (code in {2, 4})
        assert list(body) == [*members, "fbtrace_id"], code
        assert row.title.strip() == row.title != ""
        assert body["message"] == (row.title if code in {2, 190} else f"(#{code}) {row.title}")
        assert (body["code"], body["type"]) == (
            code,
            "GraphMethodException" if code == 2 else "OAuthException",
        )
        data = {"messaging_product": "whatsapp", "details": DETAILS.get(code)}
        assert body.get("error_data", data) == data


def test_every_code_can_stand_in_a_failed_status() -> None:
    for code in CODES:
        error = status_error(code)
        assert list(error) == ["code", "title", "message", "error_data", "href"]
        assert (error["code"], error["title"]) == (code, error["message"])
        assert list(error["error_data"]) == ["details"]
        assert error["error_data"]["details"]


def test_details_belong_to_codes_that_exist() -> None:
    assert set(HTTP) <= set(CODES)
    assert set(DETAILS) <= set(CODES)


def test_an_error_can_speak_to_the_user() -> None:
    error = GraphError(100, subcode=2388040, user_title="Too long", user_message="Make it shorter.")
    assert list(error.body()["error"].items())[:-1] == [
        ("message", "(#100) Invalid parameter"),
        ("type", "OAuthException"),
        ("code", 100),
        ("error_subcode", 2388040),
        ("error_user_title", "Too long"),
        ("error_user_msg", "Make it shorter."),
    ]


def test_an_unknown_node_is_no_oauth_matter() -> None:
    error = unknown_node("1", "POST").body()["error"]
    assert (error["code"], error["error_subcode"], error["type"]) == (100, 33, "GraphMethodException")


def test_each_error_has_a_trace_of_its_own() -> None:
    traces = {known_error(100).body()["error"]["fbtrace_id"] for _ in range(20)}
    assert len(traces) == 20
    assert {len(trace) for trace in traces} == {23}
