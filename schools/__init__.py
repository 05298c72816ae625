"""Schools: the register, pupil rolls, key adults, term dates, and finding a child's school."""
