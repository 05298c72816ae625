"""Welsh or English: chosen on the account or in a browser, and wholly so on every page."""
