"""Planning: what measured tokens cost elsewhere, and what a workload costs each month, by model and mode.

Pure arithmetic over the catalog: no clock, environment or network. Every assumption is a field with a
default, and what nobody knows stays unknown, with the reason.
"""
