"""Measurements. Nothing here asserts a time; the figures stand beside a baseline of the same run."""
