"""Measurements, one script for each goal: `./run bench NAME`; they print ratios, assert no time."""
