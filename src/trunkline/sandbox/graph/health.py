"""`health_status`: whether a node can take part in sending, and what stands in the way."""

from typing import Any

from trunkline.sandbox.account import BUSINESS_INITIATED, CUSTOMER_INITIATED, business_id_of
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.runtime import Runtime

_RANK = ("AVAILABLE", "LIMITED", "BLOCKED")


def health_of(runtime: Runtime, number: BusinessNumber | None = None) -> dict[str, Any]:
    """With a number, of the number and all above it; without, of the account and all above it."""
    entities = [_number(number)] if number is not None else []
    entities += [_account(runtime), _business(runtime), _entity("APP", runtime.identity.app_id)]
    worst = max((entity["can_send_message"] for entity in entities), key=_RANK.index)
    return {"can_send_message": worst, "entities": entities}


def _number(number: BusinessNumber) -> dict[str, Any]:
    if not number.registered:
        error = (133010, "The phone number is not registered.", "Register the phone number.")
        return _entity("PHONE_NUMBER", number.id, error)
    if number.standing == "BANNED":
        error = (141014, "The phone number is banned.", "Ask Meta's support for a review.")
        return _entity("PHONE_NUMBER", number.id, error)
    if number.name_status == "DECLINED":
        note = "Your display name was not approved. Only 250 users can be messaged in 24 hours."
        return {
            **_entity("PHONE_NUMBER", number.id),
            "can_send_message": "LIMITED",
            "additional_info": [note],
        }
    return _entity("PHONE_NUMBER", number.id)


def _account(runtime: Runtime) -> dict[str, Any]:
    account = runtime.account
    id_ = runtime.identity.waba_id
    if account.is_disabled:
        error = (141014, "The business account is disabled.", "Ask Meta's support for a review.")
        return _entity("WABA", id_, error)
    if account.is_restricted(BUSINESS_INITIATED) or account.is_restricted(CUSTOMER_INITIATED):
        note = "The business account is restricted because it violated a policy."
        return {**_entity("WABA", id_), "can_send_message": "LIMITED", "additional_info": [note]}
    return _entity("WABA", id_)


def _business(runtime: Runtime) -> dict[str, Any]:
    entity = _entity("BUSINESS", business_id_of(runtime.identity))
    if runtime.account.facts.verification == "verified":
        return entity
    error = (141010, "The business is not verified.", "Have the business verified in its security centre.")
    return {**_entity("BUSINESS", entity["id"], error), "can_send_message": "LIMITED"}


def _entity(kind: str, id_: str, error: tuple[int, str, str] | None = None) -> dict[str, Any]:
    entity: dict[str, Any] = {"entity_type": kind, "id": id_, "can_send_message": "AVAILABLE"}
    if error is not None:
        code, description, solution = error
        entity["can_send_message"] = "BLOCKED"
        entity["errors"] = [
            {"error_code": code, "error_description": description, "possible_solution": solution}
        ]
    return entity
