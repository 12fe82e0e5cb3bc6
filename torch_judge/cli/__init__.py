"""What is typed in a shell: one module for each command."""
