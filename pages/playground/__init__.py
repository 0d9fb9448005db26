"""Playground: trying things out."""
