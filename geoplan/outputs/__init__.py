"""The outputs room (see docs/architecture.md)."""
