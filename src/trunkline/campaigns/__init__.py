"""CAMPAIGNS: one message to many people.

The check gives every recipient a verdict before anything is sent, the run makes messages of those whose turn
has come, the report says what became of them.
"""
