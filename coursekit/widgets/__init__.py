"""Widgets: pictures that one can step through, in JupyterLab and on a page without a kernel.

Each is one Python file beside its ES module. Python works everything out (numbers, places, sentences) and
hands it over as plain JSON; the module only shows it, so a saved widget stays alive without Python.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "explore_activations": ["ExploreActivations", "explore_activations"],
        "explore_descent": ["ExploreDescent", "explore_descent"],
        "explore_finite_differences": ["ExploreFiniteDifferences", "explore_finite_differences"],
        "explore_linear_classifier": ["ExploreLinearClassifier", "explore_linear_classifier"],
        "explore_losses": ["ExploreLosses", "explore_losses"],
        "playground": ["Playground", "playground"],
        "step_through": ["StepThrough", "step_through"],
    },
)
