"""Which entries of `site-packages` an allow-list of import names means."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

DEFAULT_PACKAGES = (
    "numpy",
    "matplotlib",
    "pandas",
    "scipy",
    "sympy",
    "sklearn",
    "networkx",
    "IPython",
)

# Import names whose distribution is called otherwise.
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "dateutil": "python-dateutil",
    "cv2": "opencv-python",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "zmq": "pyzmq",
    "mpl_toolkits": "matplotlib",
}
# Never pulled in by another package, only by being named: they look at or talk to the machine, and those who
# require them work without.
_NOT_BY_REQUIREMENT = {"psutil", "pyzmq", "jupyter-client", "nbgrader", "pip", "setuptools", "coursekit"}


class PackageMissing(LookupError):
    """An import name on the allow-list is not installed; `args` are what is wrong and what to do."""


@lru_cache
def allowed_entries(names: tuple[str, ...]) -> dict[str, str]:
    """Map each entry's name to its file or folder, for `names` and all that they require.

    Parameters
    ----------
    names
        Import names. Those of `DEFAULT_PACKAGES` that are not installed are passed over.

    Raises
    ------
    PackageMissing
        Another name is not installed.
    """
    entries: dict[str, str] = {}
    for distribution in _with_requirements(names):
        entries |= _entries_of(distribution)
    for name in names:
        if name in entries:
            continue
        found = _entries_by_name(name)
        if not found and name not in DEFAULT_PACKAGES:
            raise PackageMissing(
                f"the assignment allows the package {name!r}, which is not installed here",
                "install it, or take it off the assignment's list",
            )
        entries |= found
    return entries


def _with_requirements(names: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    pending = [_distribution_name(name) for name in names]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield distribution
        required = _required(distribution.requires or [])
        pending.extend(other for other in required if other not in _NOT_BY_REQUIREMENT)


def _distribution_name(import_name: str) -> str:
    return _canonical(_DISTRIBUTIONS.get(import_name, import_name))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(requirements: Sequence[str]) -> list[str]:
    """Names in requirement lines, without those of extras.

    >>> _required(["jedi>=0.18.2", "Pillow>=9; python_version > '3'", "black; extra == 'dev'"])
    ['jedi', 'pillow']
    """
    wanted = [line for line in requirements if not re.search(r";.*\bextra\s*==", line)]
    return [_canonical(match[0]) for line in wanted if (match := re.match(r"[\w.-]+", line))]


def _entries_of(distribution: importlib.metadata.Distribution) -> dict[str, str]:
    """Top-level files and folders of a distribution, its metadata among them."""
    record = distribution.read_text("RECORD") or ""
    names = {re.split("[/,]", line.strip('"'), maxsplit=1)[0] for line in record.splitlines() if line}
    entries = {}
    for name in sorted(names):
        path = os.path.realpath(str(distribution.locate_file(name)))
        if _is_importable(name) and os.path.exists(path):
            entries[name] = path
    return entries


def _is_importable(name: str) -> bool:
    """Tell packages, modules and metadata from scripts, .pth files and the finders of editable installs."""
    return name not in ("", "..", "__pycache__") and not name.endswith(".pth") and "_editable_" not in name


def _entries_by_name(name: str) -> dict[str, str]:
    """Where `import name` would find it: a package's folder or a module's file."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return {}
    if spec is None:
        return {}
    if spec.submodule_search_locations:
        return {name: os.path.realpath(next(iter(spec.submodule_search_locations)))}
    if spec.origin is None or not os.path.exists(spec.origin):
        return {}
    return {os.path.basename(spec.origin): os.path.realpath(spec.origin)}
