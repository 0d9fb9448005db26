"""A finished comparison as a report: an HTML page that stands by itself, or Markdown."""

from bedrock_playground.sharing.report.facts import ReportFacts, collect
from bedrock_playground.sharing.report.html_page import to_html
from bedrock_playground.sharing.report.markdown_text import to_markdown

__all__ = ["ReportFacts", "collect", "to_html", "to_markdown"]
