"""The terminal that the commands write to."""

from srec.plain import PlainConsole

console = PlainConsole()
