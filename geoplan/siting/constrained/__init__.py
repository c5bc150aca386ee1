"""Covering (MCLP, LSCP) under a planner's constraints: budget, areas, distances, capacities.

`site_constraints` and `infeasibility` are shared with `geoplan.siting.assignment`.
"""
