"""The floor: the only part of `app` that `schools` and `notifications` may import."""
