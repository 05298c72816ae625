"""What forces push: the police message, eligibility, and storing it before it is answered."""
