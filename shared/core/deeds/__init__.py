"""The deeds of the decision table, built from a world: what is given, what is taken, what is waited for, what is told."""
