"""The siting question and its answer: problem, constraints, limits, reductions, result."""
