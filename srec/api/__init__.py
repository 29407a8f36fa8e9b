"""The functions of the front door: paths or objects in, objects out, progress where somebody can see it.

Each does what the command of its name does. What it needs is imported when it is called.
"""
