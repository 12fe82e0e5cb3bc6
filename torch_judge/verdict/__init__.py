"""A problem and a submission become a report."""
