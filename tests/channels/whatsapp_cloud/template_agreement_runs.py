"""The comparison with the sandbox at length."""

import pytest

from tests.channels.whatsapp_cloud.templates.kinds import KINDS
from tests.channels.whatsapp_cloud.templates.test_agreement import compare_messages, compare_templates

EACH = 3_000


@pytest.mark.parametrize("kind", KINDS)
def test_templates_that_we_pass_are_taken_there(kind: str) -> None:
    assert compare_templates(kind, EACH) > EACH // 100


@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_passed_if_and_only_if_they_are_taken_there(kind: str) -> None:
    assert compare_messages(kind, EACH) > EACH // 100
