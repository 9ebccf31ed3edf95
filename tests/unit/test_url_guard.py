"""Which URLs of users are refused, whatever their spelling, and which addresses are never connected to."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.url_guard import Reach, Rules, check, may_dial, reach

# A group and a URL in each line: spellings with which guards were passed elsewhere, and plain mistakes.
FORBIDDEN = [
    tuple(json.loads(line))
    for line in Path(__file__).with_name("forbidden_urls.jsonl").read_text().splitlines()
]
TRIAL = Rules(may_be_private=True, may_be_http=True, ports=None)

ADDRESSES = [
    line.split(" ")
    for line in Path(__file__).with_name("addresses.txt").read_text().splitlines()
    if not line.startswith("#")
]
NEVER, PRIVATE, PUBLIC = (
    [address for kind, address in ADDRESSES if kind == wanted] for wanted in ("never", "private", "public")
)


def problems(url: str, rules: Rules = Rules()) -> list[tuple[str, str]]:  # noqa: B008 - it is frozen
    return [(problem.pointer, problem.rule) for problem in check(url, rules).problems]


def test_the_corpus_has_at_least_400_spellings_and_the_table_60_addresses() -> None:
    assert len({url for _, url in FORBIDDEN}) >= 400
    assert len(NEVER) + len(PRIVATE) >= 60


@pytest.mark.parametrize("group", sorted({group for group, _ in FORBIDDEN}))
def test_no_spelling_of_a_forbidden_url_passes(group: str) -> None:
    passed = [url for each, url in FORBIDDEN if each == group and not problems(url)]
    assert passed == []


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/Hook?a=%20b&c", "https://example.com/Hook?a=%20b&c"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://b\u00fccher.example/", "https://xn--bcher-kva.example/"),
        ("https://stra\u00dfe.example/", "https://xn--strae-oqa.example/"),  # IDNA 2003 made it strasse
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://8.8.8.8/hook", "https://8.8.8.8/hook"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://my_hooks.example.com/~a/;b=c", "https://my_hooks.example.com/~a/;b=c"),
    ],
)
def test_a_good_url_has_one_spelling(url: str, normal: str) -> None:
    target = check(url, Rules()).target
    assert target is not None and target.url == normal
    assert check(normal, Rules()).target == target


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems("ftp://user@0x7f.1:99/ü#x")
    assert {rule for _, rule in found} == {"scheme", "user_info", "host", "port", "characters", "fragment"}
    assert {pointer for pointer, _ in found} == {"/url"}
    spaced = problems("https://example.com.:444/ä b")
    assert {rule for _, rule in spaced} == {"characters", "host", "port"}
    allowed = check("ftp://example.com/", TRIAL).problems
    assert [problem.detail for problem in allowed] == [
        "`ftp` is not a scheme to post to: only https and http are."
    ]
    for url in ("https://10.0.0.1/", "https://nas.lan/", "https://169.254.169.254/"):
        [problem] = check(url, Rules()).problems
        assert "network.allow_private" in problem.detail
    [problem] = check("http://example.com/?token=secret", Rules()).problems
    assert problem.detail == "The URL must be https." and problem.expected


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_opened_by_no_setting(address: str) -> None:
    assert reach(address) is Reach.NEVER
    assert not may_dial(address, TRIAL)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_wait_for_the_operator(address: str) -> None:
    assert reach(address) is Reach.PRIVATE
    assert (may_dial(address, Rules()), may_dial(address, TRIAL)) == (False, True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    assert may_dial(address, Rules())


@pytest.mark.parametrize(
    "url", ["http://localhost:3000/hook", "http://127.0.0.1:3000", "https://nas.lan:81/"]
)
def test_who_tries_things_out_may_use_this_machine(url: str) -> None:
    assert problems(url, TRIAL) == []
    assert problems(url) != []


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/", "http://a@b/"]
)
def test_odd_spellings_stay_odd_where_much_is_allowed(url: str) -> None:
    assert problems(url, TRIAL) != []


def test_http_brings_its_own_port_and_no_other() -> None:
    rules = Rules(may_be_http=True)
    assert problems("http://example.com/", rules) == []
    assert problems("http://example.com:3000/", rules) == [("/url", "port")]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="htps:/@[]\\.0123456789abcdefx%#?-_\u3002\u2460", max_size=40))
def test_any_text_is_judged_and_what_passes_is_read_the_same_again(text: str) -> None:
    for url in (text, f"https://{text}"):
        target = check(url, TRIAL).target
        if target is not None:
            assert check(target.url, TRIAL).target == target
            assert target.host.isascii() and "@" not in target.authority and "\\" not in target.url
