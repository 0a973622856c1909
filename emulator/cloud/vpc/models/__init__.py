"""The state of the VPC service and the rules of its life; nothing here knows of HTTP or of the form of a request."""
