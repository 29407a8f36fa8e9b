"""``srec bench inference``: every way to run the model, its speed and whether the order stays as it was.

All contenders are in one process on one thread, in interleaved blocks, a session at a time. Times are CPU
seconds of this process, so that whoever else uses the machine hardly shows in them.
"""
