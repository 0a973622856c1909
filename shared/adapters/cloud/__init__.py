"""The cloud's side: what its codes mean, how fast it may be asked, the signed call, and the EIP API behind the port."""
