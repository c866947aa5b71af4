"""What one boxed process may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one boxed child.

    Attributes
    ----------
    memory_bytes
        Address space beyond what the warm process already has; past it Python raises `MemoryError`.
    file_bytes
        Size of one file; past it writing raises `OSError` (EFBIG).
    tmp_bytes, tmp_files
        Size and number of files of the private folder as a whole. At level full the kernel holds this bound;
        at the other levels the zygote looks a few times a second and kills the child that went past it;
        files that are deleted while open escape that, up to `open_files` times `file_bytes`.
    cpu_seconds
        Processor time; a last resort, the judge's deadline comes first.
    processes
        1: neither processes nor threads beside the student's own. More: that many threads in all.
        New *processes* are refused in any case, so that `memory_bytes` stays a true bound.
    open_files
        Open file descriptors.
    """

    memory_bytes: int = 1024 * _MIB
    file_bytes: int = 32 * _MIB
    tmp_bytes: int = 64 * _MIB
    tmp_files: int = 2048
    cpu_seconds: int = 600
    processes: int = 1
    open_files: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ValueError(f"Limits.{field.name} must be a whole number of at least 1, not {value!r}")


def apply(limits: Limits, *, address_space: int, others: int | None) -> None:
    """Lower this process's own limits for good (soft and hard alike).

    Parameters
    ----------
    address_space
        Bytes of address space that the process has already.
    others
        Processes and threads that the kernel counts against the same user besides this one.
        None: no bound on processes (trusted submissions).

    Raises
    ------
    OSError, ValueError
        The kernel refused.
    """
    import resource  # Linux and its like have it

    # With one process allowed the bound is exact whoever else counts: the process itself is the one.
    processes = 1 if limits.processes == 1 else limits.processes + (others or 0)
    bounds = {
        resource.RLIMIT_AS: address_space + limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    if others is not None:
        bounds |= {
            resource.RLIMIT_NPROC: processes,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
        }
    for name, bound in bounds.items():
        _, ceiling = resource.getrlimit(name)
        if ceiling != resource.RLIM_INFINITY:
            bound = min(bound, ceiling)
        resource.setrlimit(name, (bound, bound))
