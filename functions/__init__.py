"""The entry points; each file is at the root of the bundle."""
