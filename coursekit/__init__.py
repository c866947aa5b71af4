"""coursekit: backpropagation in the open.

>>> import coursekit as ck
>>> w1, w2 = ck.variables("w1 w2")
>>> graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
>>> graph.forward(w1=2.0, w2=3.0), graph.backward()
(30.0, {'w1': 39.0, 'w2': 8.0})

Names are loaded when they are first used: ``import coursekit`` loads neither NumPy nor matplotlib. The
list of them is ``__init__.pyi``, which type checkers read too.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
