"""The ways an alert can travel: one small file each, and a stand-in for each outside system."""
