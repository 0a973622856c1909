"""A cluster in memory: an apiserver over JSON objects, and the controllers, scheduler and kubelets that make it live.

It is for the demo, the tests and `make dev`. It keeps to what a real apiserver does where the functions could tell the
difference (resourceVersion, subresources, finalizers, garbage collection, audit records), and leaves the rest out.
"""
