"""Kernels in the box: an untrusted notebook alive in JupyterLab, nbclient, nbgrader or papermill.

They are for looking, never for scoring: what runs in a kernel can print whatever it likes as a test's result.

Modules, in the order in which they build on each other: `beside` (data files that lie beside a notebook),
`nest` (warm processes that kernels are forked from), `provisioner` (what Jupyter asks for a kernel) and
`spec` (the entry in Jupyter's list of kernels). What runs inside is `autograder.boxed_kernel`.
"""
