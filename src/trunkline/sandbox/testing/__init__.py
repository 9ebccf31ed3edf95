"""A running WhatsApp for tests: a pytest plugin, and the same for any other test runner.

    # conftest.py
    pytest_plugins = ["trunkline.sandbox.testing"]

    # test_orders.py
    def test_an_order_is_confirmed(whatsapp, shop):       # `shop` is your program
        shop.connect(whatsapp.base_url, whatsapp.token, whatsapp.phone_number_id)
        customer = whatsapp.handset()
        shop.ask(customer.address)
        customer.wait_for(contains="Shall we send it?")
        customer.tap("Yes")
        assert customer.wait_for(type="text")["content"]["body"] == "It is on its way."

`whatsapp` is fresh for each test as far as people see it: new numbers, no faults, default rules, no callback.
The sandbox itself is started once and runs on virtual time, so that `whatsapp.advance("25h")` costs nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trunkline.sandbox.testing.handset import Handset
from trunkline.sandbox.testing.whatsapp import WhatsApp, running_sandbox

if TYPE_CHECKING:
    import pytest

__all__ = ["Handset", "WhatsApp", "running_sandbox", "whatsapp", "whatsapp_sandbox"]

try:
    import pytest
except ImportError:  # another test runner: `running_sandbox` is all that it needs
    pass
else:

    @pytest.fixture(scope="session")
    def whatsapp_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhatsApp]:
        """One sandbox for all tests of the session."""
        with running_sandbox(tmp_path_factory.mktemp("whatsapp")) as started:
            yield started

    @pytest.fixture
    def whatsapp(whatsapp_sandbox: WhatsApp) -> Iterator[WhatsApp]:
        """The sandbox, with nothing left of the test before."""
        whatsapp_sandbox.reset()
        yield whatsapp_sandbox
        whatsapp_sandbox.reset()
