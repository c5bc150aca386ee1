"""The numbers of a run: summary.json and text."""
