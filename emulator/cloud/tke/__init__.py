"""The service tke, version 2018-05-25, as far as one looks at a cluster from outside."""
