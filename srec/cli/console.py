"""The terminal that the commands write to."""

from srec.terminal import PlainConsole

console = PlainConsole()
