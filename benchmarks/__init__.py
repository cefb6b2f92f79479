"""Figures, each beside a baseline of the same run. `python -m benchmarks.memory` and so on."""
