"""A simulated Steam whose rules are known."""

from srec.door import make_callable

make_callable(__name__)
