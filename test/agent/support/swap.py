"""Swaps what lies at two names as fast as it can, in one system call, until it is killed."""
import ctypes, os, sys

AT_FDCWD, RENAME_EXCHANGE = -100, 2
libc = ctypes.CDLL(None, use_errno=True)
pairs = [tuple(map(os.fsencode, pair.split("|"))) for pair in sys.argv[1:]]
print("swapping", flush=True)
while True:
    for one, other in pairs:
        libc.renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)
