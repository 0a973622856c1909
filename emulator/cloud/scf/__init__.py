"""The service scf, version 2018-04-16: functions, their triggers, and what runs them."""
