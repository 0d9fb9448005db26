"""Bedrock Playground: everything that is true without a screen.

The app's pages and components build on this package; it never imports streamlit.
"""

__version__ = "0.1.0"
