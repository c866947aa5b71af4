"""The sandbox: untrusted code runs in here, or not at all.

Every wall stops something that the others let through, and each was tried from inside (see the tests):

======================================  ====================================================================
wall                                    what it stops
======================================  ====================================================================
mount namespace, read-only root         reading other submissions, tests, keys; hidden packages do not exist
process namespace, no /proc             signals to others; killing process 1 kills all of it at once
network namespace, no ``socket()``      any network
user namespace, no capabilities         set-uid files, mounts, devices
one process, bounded address space      fork, thread and memory bombs
tmpfs with a size, bounded files        filling the disk
seccomp allow-list, no ``execve``       shells, ptrace, bpf, io_uring, keyrings, other ABIs
Landlock                                a second wall on files and signals; the first where namespaces are
                                        forbidden
the judge's deadline and SIGKILL        loops and ignored signals
======================================  ====================================================================

Modules, in the order in which they build on each other: `syscalls`, `limits`, `levels`, `landlock`,
`seccomp`, `disk`, `files`, `scratch`, `namespaces`, `boxes` (the walls of each level), `launch`, `trying`
(which level works here), `doctor`, `packages`, and `nursery`, the process that forks boxed children.
"""

from autograder.box.levels import BoxUnavailable, Level
from autograder.box.limits import Limits
from autograder.box.trying import best_level

__all__ = ["BoxUnavailable", "Level", "Limits", "best_level"]
