"""Writes the catalogue's snapshot from the sources on the package index: ``make catalog``."""
