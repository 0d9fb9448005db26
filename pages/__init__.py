"""Pages: plain scripts, thin; one folder per section of the navigation."""
