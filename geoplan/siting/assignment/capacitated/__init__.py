"""p-median with capacities: a Lagrangian bound of knapsacks, a search, and fewer pairs."""
