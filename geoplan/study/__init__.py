"""The study room (see docs/architecture.md)."""
