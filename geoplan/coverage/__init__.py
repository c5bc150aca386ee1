"""The coverage room (see docs/architecture.md)."""
