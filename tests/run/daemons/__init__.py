"""The daemons that make check-daemons runs, by what they are for."""

from . import desktop, files, languages, mail, names, stores, web  # noqa: F401: each adds its own
from .place import KNOWN, Place  # noqa: F401
