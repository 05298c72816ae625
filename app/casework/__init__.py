"""One function per act of a person or a police system; permissions are asked here, never in a route."""
