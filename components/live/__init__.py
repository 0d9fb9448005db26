"""The live path from run to pixel: a store of running comparisons, one socket, two components."""

from components.live.component import lane, live_charts
from components.live.hub import LiveHub, get_hub
from components.live.masked import mask
from components.live.ticket import issue_ticket

__all__ = ["LiveHub", "get_hub", "issue_ticket", "lane", "live_charts", "mask"]
