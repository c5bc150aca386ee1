"""Covering under a planner's constraints: budget, areas, distances, capacities."""
