"""Tests of the simulated worlds themselves, and the worlds that every build runs."""
