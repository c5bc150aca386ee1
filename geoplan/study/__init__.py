"""Studies: the study file, the run, scenarios, the demo city (see docs/architecture.md)."""
