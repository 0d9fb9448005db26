"""Alembic's environment; run by :mod:`bedrock_playground.history.migrate`, never by hand."""
