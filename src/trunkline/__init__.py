"""Trunkline: a self-hosted messaging platform for businesses, WhatsApp first."""

__version__ = "0.1.0"
