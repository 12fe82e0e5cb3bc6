"""What a problem's author works with: cases, seeded draws, observations, the one comparison, meters, frames."""
