"""Suggesting sites: candidates, the siting problem, its effects, robustness."""
