"""The service tag, version 2018-08-13, as far as it concerns EIPs."""
