"""The network room (see docs/architecture.md)."""
