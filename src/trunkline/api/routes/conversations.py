"""Conversations: who wrote, what was written, and until when they may be answered."""

from trunkline.api import conversations
from trunkline.api.conversation_views import ConversationView
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/conversations",
        operation="listConversations",
        sheds=Sheds.LISTS,
        summary="Conversations, whoever wrote last first",
        handler=conversations.list_page,
        query=conversations.QUERY,
        answers={200: conversations.ConversationPage},
        refusals=("invalid_request",),
    ),
    Route(
        method="GET",
        path="/v1/conversations/{id}",
        operation="getConversation",
        sheds=Sheds.REPORTS,
        summary="A conversation and its 24-hour window",
        handler=conversations.show,
        answers={200: ConversationView},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/conversations/{id}/messages",
        operation="listConversationMessages",
        sheds=Sheds.LISTS,
        summary="What was said in a conversation by both sides, newest first",
        handler=conversations.list_said,
        query=conversations.SAID_QUERY,
        answers={200: conversations.SaidPage},
        refusals=("invalid_request", "not_found"),
    ),
    Route(
        method="POST",
        path="/v1/conversations/{id}/read",
        operation="markConversationRead",
        sheds=Sheds.ACCEPTS,
        summary="Mark what the person wrote as read",
        handler=conversations.mark_read,
        takes=Takes.EMPTY,
        answers={200: conversations.Marked},
        refusals=("not_found", "invalid_request", "test_key"),
        once=True,
    ),
    Route(
        method="POST",
        path="/v1/conversations/{id}/typing",
        operation="showTyping",
        sheds=Sheds.ACCEPTS,
        summary="Show the person that an answer is being written; marks as read as well",
        handler=conversations.show_typing,
        takes=Takes.EMPTY,
        answers={200: conversations.Marked},
        refusals=("not_found", "invalid_request", "test_key"),
        once=True,
    ),
)
