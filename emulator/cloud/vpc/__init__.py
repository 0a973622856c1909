"""The service vpc, version 2017-03-12: EIPs, and network interfaces with their private IPs."""
