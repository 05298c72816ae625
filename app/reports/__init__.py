"""Read-only answers about everybody's rows: who was told, who was not, and who has it."""
