"""What is typed in a notebook, and what is remembered of it."""
