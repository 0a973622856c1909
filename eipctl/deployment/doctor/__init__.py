"""`eipctl doctor`: what is wrong with an installation, or would be, and what to do about it; it changes nothing."""
