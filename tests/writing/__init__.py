"""Tests of where results go: nothing of the user's is lost, nor any result."""
