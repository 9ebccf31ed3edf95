"""DELIVER: the account's events → its endpoints, at least once, signed, in the order that was asked for."""
