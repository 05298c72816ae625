"""Hostile requests, made from a seed, and the service that has to bear them."""
