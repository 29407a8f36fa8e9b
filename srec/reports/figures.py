"""What the plots use of matplotlib, imported so that it leaves nothing in the home folder."""

from srec.quiet import temporary_folder

# Matplotlib writes a list of all fonts as it is imported.
with temporary_folder("MPLCONFIGDIR"):
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

__all__ = ["Axes", "Figure", "FuncFormatter", "MaxNLocator", "rc_context"]
