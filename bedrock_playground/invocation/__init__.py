"""The shared invocation module."""
