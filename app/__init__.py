"""The service around the two rooms of rules: intake, people, edges, and the floor they stand on."""
