"""A whole fictional night through the real doors: API, jobs, mail, pages, morning report."""
