"""Lessons, questions, cards, drills: what a learner does before and after an exercise."""
