"""What stands in for the outside world in demos and tests: Tencent Cloud, a cluster, and time. Never deployed."""
