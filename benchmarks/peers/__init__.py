"""One file a peer: the same work, written the way that peer's users would write it.

A peer is a module with a dictionary ``JOBS``: the name of a work (see :mod:`benchmarks.work`), or
``"work/variant"``, and a function that prepares it and returns a :class:`benchmarks.work.Job`. ``PACKAGE``
names what has to be installed (``None``: nothing), ``LABEL`` what the tables call it. A module imports its
package at the top: each runs in a process of its own.
"""
