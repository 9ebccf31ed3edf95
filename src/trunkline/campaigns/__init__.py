"""CAMPAIGNS: one message to many people. `check` gives every recipient a verdict before anything is sent, `run`
makes messages of those whose turn has come, `report` says what became of them.
"""
