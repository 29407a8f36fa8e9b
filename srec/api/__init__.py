"""The functions of the front door: they take paths or objects, return objects, and can show progress.

Each does the same as the command of its name. It imports what it needs when it is called; if a
library is missing, the error names the extra that brings it.
"""
