"""The services cam, version 2019-01-16, and sts: roles, policies, and what these allow."""
