"""New sites beside those of an existing service: the conditional location problem."""
