"""Batch inference: the four operations of model invocation jobs, and who works jobs off."""
