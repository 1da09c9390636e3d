"""The little world around a mobile router, in network namespaces: for `make run`, scenario tests and benchmarks.

Only Python's standard library, so that the python3 of Debian 12 runs it as it is.
"""
