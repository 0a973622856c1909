"""`eipctl dev`: a real control plane on this machine, emulated nodes and cloud, and what wakes the functions."""
