"""The siting problem and its result: data, constraints, checks, reduction."""
