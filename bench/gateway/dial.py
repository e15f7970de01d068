"""Opens TCP connections one after the other, or takes them in: what a gateway lets through in a second.

  python3 dial.py listen PORT                          accepts and closes until it is killed
  python3 dial.py dial SECONDS TARGET PORT COUNT       to the ports PORT to PORT + COUNT - 1 of TARGET at random
  python3 dial.py route SECONDS NETWORK PORT COUNT     to PORT of the addresses NETWORK.0.1 and on, at random
"""
import random
import socket
import struct
import sys
import time

# Closed by a reset: nothing is left that would use up ports or memory.
AT_ONCE = struct.pack("ii", 1, 0)


def listen(port):
    server = socket.create_server(("0.0.0.0", port), backlog=4096)
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        connection.close()


def dial(seconds, destination):
    """-> connections per second that were established, and how many were not."""
    made = failed = 0
    started = time.perf_counter()
    end = started + seconds
    while time.perf_counter() < end:
        client = socket.socket()
        client.settimeout(3)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        try:
            client.connect(destination())
            made += 1
        except OSError:
            failed += 1
        client.close()
    return made / (time.perf_counter() - started), failed


def main(kind, *args):
    if kind == "listen":
        return listen(int(args[0]))
    seconds, target, port, count = float(args[0]), args[1], int(args[2]), int(args[3])
    if kind == "dial":
        rate, failed = dial(seconds, lambda: (target, port + random.randrange(count)))
    else:
        addresses = ["%s.%d.%d" % (target, n >> 8, n & 255) for n in range(1, count + 1)]
        rate, failed = dial(seconds, lambda: (random.choice(addresses), port))
    print(rate, failed)


main(*sys.argv[1:])
