"""Finished stages of a run, kept and reused where nothing they depend on has changed."""
