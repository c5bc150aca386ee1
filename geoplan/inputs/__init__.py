"""The inputs room (see docs/architecture.md)."""
