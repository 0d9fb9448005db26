"""Workspace: what is kept."""
