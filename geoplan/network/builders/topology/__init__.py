"""Topology of drawn lines: where they meet, dangling ends joined, lines cut into edges."""
