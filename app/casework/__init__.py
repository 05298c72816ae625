"""One function per act of a person or police system; permissions are asked here, not in routes."""
