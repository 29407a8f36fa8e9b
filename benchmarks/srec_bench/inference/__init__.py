"""``srec bench inference``: every way to run the model, its speed, and whether it keeps the order.

All contenders run in one process on one thread, in interleaved blocks, one session at a time. Times are CPU
seconds of this process, so that other work on the machine hardly affects them.
"""
