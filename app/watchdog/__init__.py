"""The watchdog: a process of its own that reads the database and rings where silence is wrong.

It trusts nobody who sends: it has its own read-only role, its own alarm channel, and no keys, so
it can neither change anything nor read what is sealed.
"""
