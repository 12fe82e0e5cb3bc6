"""Evidence of forbidden APIs."""
