"""Measurements of coursekit against what its users would pick instead: ``python -m benchmarks --help``."""
