"""The list of everything that Graph serves here, beside sends."""

from trunkline.sandbox.graph import (
    accounts,
    analytics,
    apps,
    block_list,
    commerce,
    encryption,
    flows,
    media,
    numbers,
    profiles,
    qr_codes,
    registration,
    settings_edges,
    template_analytics,
    templates,
    tokens,
    uploads,
)
from trunkline.sandbox.graph.call import Part
from trunkline.sandbox.runtime import Runtime


def all_parts(runtime: Runtime) -> list[Part]:
    """In the order in which a node's kind is looked up."""
    return [
        numbers.part(runtime),
        accounts.part(runtime),
        registration.part(runtime),
        profiles.part(runtime),
        settings_edges.part(runtime),
        block_list.part(runtime),
        analytics.part(runtime),
        template_analytics.part(runtime),
        templates.part(runtime),
        apps.part(runtime),
        tokens.part(runtime),
        media.part(runtime),
        uploads.part(runtime),
        qr_codes.part(runtime),
        commerce.part(runtime),
        encryption.part(runtime),
        flows.part(runtime),
    ]
