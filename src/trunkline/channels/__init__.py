"""Connectors: translators between our messages and a provider. They never see the store or the API."""
