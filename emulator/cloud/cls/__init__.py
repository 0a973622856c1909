"""The service cls, version 2020-10-16: log topics, what they hold, and the functions they are delivered to."""
