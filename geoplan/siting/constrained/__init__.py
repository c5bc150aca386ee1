"""Covering under a planner's rules: budget, areas, distances, capacities."""
