"""Choose: which model there is, and which one fits."""
