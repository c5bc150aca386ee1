"""Assessing services: coverage, quotas, gaps, published figures."""
