"""Broken inputs by the thousand: every reader, the study file, overlays, finished runs.

``make fuzz [CASES=10000] [SEED=0]``; see `tests.fuzz.__main__`.
"""
