"""The street network as flat arrays: nodes, edges, arcs, travel costs."""
