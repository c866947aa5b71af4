"""coursekit: backpropagation in the open.

>>> import coursekit as ck
>>> w1, w2 = ck.variables("w1 w2")
>>> graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
>>> graph.forward(w1=2.0, w2=3.0), graph.backward()
(30.0, {'w1': 39.0, 'w2': 8.0})

Names are loaded when they are first used: ``import coursekit`` loads neither NumPy nor matplotlib. The
list of them is ``__init__.pyi``, which type checkers read too.
"""

from typing import Any

import lazy_loader

__version__ = "0.1.0"

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Load a name when it is first used; of an unknown one, say what it is probably called."""
    if name in __all__ or name.startswith("_"):
        return _load(name)
    from difflib import get_close_matches

    known = {known.lower(): known for known in __all__}
    near = [f"{name.lower()}gate", *get_close_matches(name.lower(), known)]
    meant = next((f": did you mean ck.{known[one]}?" for one in near if one in known), "")
    raise AttributeError(f"coursekit has no {name!r}{meant}")
