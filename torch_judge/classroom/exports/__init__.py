"""Marks in the form that other systems read: one module for each."""
