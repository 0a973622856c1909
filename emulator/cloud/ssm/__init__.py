"""The service ssm, version 2019-09-23: secrets in versions."""
