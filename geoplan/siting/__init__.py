"""The siting room (see docs/architecture.md)."""
