"""A pattern as a picture: its boxes and arrows, the way that a run took through them, and when what happened.

Everything here is pure: from a pattern and a trace to values, from values to SVG and HTML. Colours are the
page's own custom properties, so that light and dark come by themselves.
"""
