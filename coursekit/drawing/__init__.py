"""Pictures of computational graphs: values above the wires, gradients below.

``draw(graph)`` gives a :class:`Drawing`, which shows itself in a notebook and saves itself as SVG, HTML, PNG
or PDF. The way of a picture: a graph becomes a :class:`~coursekit.drawing.picture.Picture` (boxes and
numbers), is folded if it is large, gets its place (:mod:`~coursekit.drawing.layout`,
:mod:`~coursekit.drawing.scene`), and is painted (:mod:`~coursekit.drawing.svg`,
:mod:`~coursekit.drawing.mpl`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "drawn": ["Drawing", "draw"],
        "numbers": ["exact", "short"],
        "plots": ["Plot", "show"],
        "picture": ["Box", "Picture", "Share", "fold", "picture_of"],
        "scene": ["place"],
        "svg": ["to_html", "to_svg"],
    },
)
