"""How fast, how small and how cheap the program is: ratios to floors that are taken in the same run. Never deployed."""
