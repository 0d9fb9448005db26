"""Scripts that measure and print ratios against a named baseline, run side by side."""
