"""The deeds of the decision table, built from a world: what is given, taken, waited for and told."""
