"""A whole small world with a virtual clock and seeded faults, held to what must always hold."""
