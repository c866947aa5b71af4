"""Grading of untrusted notebooks."""
