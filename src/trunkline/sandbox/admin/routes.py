"""`/_sandbox`: what a test or a person asks of the emulator itself. None of it exists at Meta."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from trunkline.sandbox.admin.account import account_routes
from trunkline.sandbox.admin.events import event_routes
from trunkline.sandbox.admin.flows import flow_routes
from trunkline.sandbox.admin.handsets import handset_routes
from trunkline.sandbox.admin.ledger import ledger_routes
from trunkline.sandbox.admin.media import media_routes
from trunkline.sandbox.admin.numbers import number_routes
from trunkline.sandbox.admin.page import page_routes
from trunkline.sandbox.admin.population import population_routes
from trunkline.sandbox.admin.problems import render_problem
from trunkline.sandbox.admin.rules import rule_routes
from trunkline.sandbox.admin.scenarios import scenario_routes
from trunkline.sandbox.admin.templates import template_routes
from trunkline.sandbox.admin.time import time_routes
from trunkline.sandbox.admin.tokens import token_routes
from trunkline.sandbox.admin.webhooks import webhook_routes
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.handsets.handsets import Handsets
from trunkline.sandbox.population.crowd import Crowd
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.scenarios.recording import Recorder
from trunkline.sandbox.scenarios.runner import Scenarios
from trunkline.sandbox.webhooks.reporter import Reporter


def build_admin(
    runtime: Runtime, handsets: Handsets, crowd: Crowd, scenarios: Scenarios, reporter: Reporter
) -> Starlette:
    """All routes below `/_sandbox`, without the question who may call them."""
    recorder = Recorder(handsets, runtime.media, runtime.feed, runtime.clock)
    routes = [
        *page_routes(),
        *ledger_routes(runtime, reporter),
        *handset_routes(handsets),
        *event_routes(runtime.feed),
        *media_routes(runtime.media),
        *flow_routes(runtime.flows),
        *population_routes(crowd),
        *scenario_routes(runtime, scenarios, recorder),
        *webhook_routes(runtime),
        *rule_routes(runtime.switches),
        *number_routes(runtime),
        *template_routes(runtime.templates),
        *account_routes(runtime),
        *token_routes(runtime.tokens),
        *time_routes(runtime.clock),
    ]
    return Starlette(
        routes=routes, exception_handlers={HTTPException: render_problem, GraphError: render_problem}
    )
