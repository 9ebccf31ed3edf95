"""What became of campaigns."""

from trunkline.api import campaign_reports
from trunkline.api.campaign_views import CampaignView
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes
from trunkline.campaigns.report import CampaignReport

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/campaigns/{id}/report",
        operation="getCampaignReport",
        sheds=Sheds.REPORTS,
        summary="What became of a campaign: how many came how far, why some did not, what it cost",
        handler=campaign_reports.report,
        answers={200: CampaignReport},
        refusals=("not_found", "campaign_state", "not_ready"),
    ),
    Route(
        method="GET",
        path="/v1/campaigns/{id}/export",
        operation="exportCampaign",
        sheds=Sheds.REPORTS,
        summary="All recipients of a campaign with what became of their messages, as a file",
        handler=campaign_reports.export,
        query=campaign_reports.EXPORT,
        answers={200: "text/csv"},
        refusals=("not_found", "campaign_state", "invalid_request"),
    ),
    Route(
        method="POST",
        path="/v1/campaigns/{id}/again",
        operation="repeatCampaign",
        sheds=Sheds.CAMPAIGNS,
        summary="The same campaign as a new draft, for those for whom it ended so",
        handler=campaign_reports.repeat,
        takes=Takes.JSON,
        body=campaign_reports.AGAIN,
        answers={200: CampaignView},
        refusals=("not_found", "campaign_state"),
        once=True,
    ),
)
