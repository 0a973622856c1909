"""The core, the same for every function: decide purely, reconcile in rounds, reach the outside through two ports."""
