"""Shortest-path searches: snapping, kernels, nearest sites, many-to-many costs, routes."""
