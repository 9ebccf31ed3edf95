"""What a token must have been granted for a call."""

from trunkline.sandbox.errors import GraphError, unknown_node
from trunkline.sandbox.graph.call import Call
from trunkline.sandbox.tokens import MANAGEMENT, MESSAGING, Holder

_ABOUT_TOKENS = {"me", "debug_token", "oauth"}
_EITHER = (MESSAGING, MANAGEMENT)
_MESSAGING_EDGES = {"media", "block_users", "thread_control", "calls", "groups", "marketing_messages"}


def check_permission(kind: str, call: Call) -> None:
    """Raise unless whoever calls may do this. An app's own token only serves the app and tokens."""
    holder = call.holder
    if holder is None or kind in _ABOUT_TOKENS:
        return
    if holder.is_app:
        if kind != "app":
            raise unknown_node(call.node, call.method)
        return
    if kind == "media" or call.edge in _MESSAGING_EDGES:
        if not holder.may(*_EITHER):
            raise missing_permission(MESSAGING)
    elif not holder.may(MANAGEMENT):
        raise missing_permission(MANAGEMENT)


def check_may_send(holder: Holder) -> None:
    """Sends need a scope of their own; Graph says so with code 10."""
    if MESSAGING not in holder.scopes:
        raise GraphError(10, "(#10) Application does not have permission for this action")


def missing_permission(scope: str) -> GraphError:
    return GraphError(200, f"(#200) Requires {scope} permission to manage the object")
