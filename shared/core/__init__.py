"""Pure: no clock, network, environment or logging. Everything here is a value or a function of values."""
