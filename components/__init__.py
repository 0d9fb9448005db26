"""Widgets and views shared by pages; the only place that holds session state and caches."""
