"""Where users' URLs may lead, as the settings and the numbers of the moment say it."""

import random
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.factories import make_number
from trunkline.clock import SystemClock
from trunkline.config import ConfigError, Settings, load
from trunkline.config.table import Network
from trunkline.runtime import Directory, Runtime
from trunkline.store.numbers import NumberRow
from trunkline.url_guard import Rules

BUILTIN, REAL = make_number(is_builtin=1), make_number(number_id="num_real")
STRICT, TRIAL = Rules(), Rules(may_be_private=True, may_be_http=True, ports=None)


class NoSecrets:
    def open(self, sealed: str, **_: str) -> str:
        return sealed


def rules(*numbers: NumberRow, with_sandbox: bool = True, **network: Any) -> Rules:
    directory = Directory(cast(Any, None), cast(Any, NoSecrets()))
    directory.with_builtin = with_sandbox
    directory._know([], list(numbers))
    runtime = Runtime(
        settings=replace(Settings(), network=Network(**network)),
        directory=directory,
        clock=SystemClock(),
        store=cast(Any, None),
        vault=cast(Any, None),
        shelf=cast(Any, None),
        connectors={},
        random=random.Random(1),
    )
    return runtime.url_rules()


def test_who_tries_things_out_on_a_fresh_start_may_use_a_local_server() -> None:
    assert rules(BUILTIN) == TRIAL


def test_the_first_real_number_ends_that() -> None:
    assert rules(BUILTIN, REAL) == STRICT
    assert rules(REAL, with_sandbox=False) == STRICT


def test_without_the_sandbox_nothing_is_opened_by_itself() -> None:
    assert rules(with_sandbox=False) == STRICT
    assert rules(BUILTIN, with_sandbox=False) == STRICT  # its row stays when the sandbox does not run


def test_the_operators_word_goes_before() -> None:
    assert rules(BUILTIN, allow_private="never", allow_http="never") == STRICT
    private = Rules(may_be_private=True, ports=frozenset({443, 3000}))
    assert rules(REAL, allow_private="always", allowed_ports="443, 3000") == private
    assert rules(REAL, allow_http="always", allowed_ports="any") == Rules(may_be_http=True, ports=None)


@pytest.mark.parametrize("ports", ["", "0", "443,", "https", "65536", "-1", "443;8443"])
def test_ports_that_are_none_are_refused_at_the_start(ports: str) -> None:
    with pytest.raises(ConfigError, match="port numbers with commas"):
        load({"network.allowed_ports": ports}, environ={})
