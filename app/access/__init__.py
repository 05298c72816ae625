"""Who may come in: forces, police systems, people, their sessions and their permissions."""
