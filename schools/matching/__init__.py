"""Finding the school of an involved child: a decision with its evidence, never a guess."""
