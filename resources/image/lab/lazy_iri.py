"""In place of rfc3987_syntax's own: that one compiles three grammars at import, 2 of the 3 seconds JupyterLab takes to
start, for checks of a format ("iri") that none of its schemas has. Here they are compiled when one is asked for."""


def is_valid_syntax(term, value):
    from .syntax_helpers import is_valid_syntax

    return is_valid_syntax(term, value)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from . import syntax_helpers

    return getattr(syntax_helpers, name)
