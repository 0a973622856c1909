"""How fast, how small and how cheap the program is, in ratios to a floor that is taken in the same run. Never deployed."""
