"""Actions of the form `{"name": …, "parameters": {…}}`, which most newer interactive messages have."""

from collections.abc import Callable

from trunkline.sandbox.params import Param


def read_parameters(action: Param, name: str, *known: str) -> Param:
    """The required parameters of the action called `name`, which may have the members `known`."""
    action.only("name", "parameters").word("name", (name,))
    return action.object("parameters").only(*known)


def read_parameters_if_any(action: Param, name: str, *known: str) -> Param:
    action.only("name", "parameters").word("name", (name,))
    parameters = action.object_if_any("parameters")
    return Param({}, action.path("parameters")) if parameters is None else parameters.only(*known)


def check_bare(name: str) -> Callable[[Param], None]:
    """The check of an action that is no more than its name; parameters that a client adds are of no use."""

    def check(action: Param) -> None:
        action.only("name", "parameters").word("name", (name,))
        action.object_if_any("parameters")

    return check
