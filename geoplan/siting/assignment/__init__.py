"""Everyone assigned to a site: p-median and p-center, searches, bounds, proofs."""
