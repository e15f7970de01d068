"""vLab's gateway as it changes the kernel and looks for machines: its commands in its order, without sudo, the
database, Flask and logging. A job per line of JSON on stdin, an answer per line on stdout.

  python3 peer.py forwards PROGRAM FILE   PROGRAM: iptables-nft or iptables-legacy; FILE: for iptables-save
  python3 peer.py sweep                   ten threads, `ping -W 2 -c 3 -4 -I lan0` for each address
  python3 peer.py log KEY                 kernel log lines until end of file: parsed, encrypted one by one, sent
"""
import json
import queue
import socket
import subprocess
import sys
import threading
import time

# Before any forward, as vLab's set-up leaves them; its parser skips the first two of FORWARD.
BASE = {
    "filter": ["-A FORWARD -j LOG", "-A FORWARD -i lan0 -j ACCEPT"],
    "nat": ["-A POSTROUTING -o wan0 -j MASQUERADE"],
}


def run_cmd(line):
    process = subprocess.Popen(line.split(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stdout, stderr = process.communicate()
    if process.returncode:
        raise RuntimeError("%s: %s" % (line, stderr.decode().strip()))
    return stdout.decode()


class Firewall:
    def __init__(self, program, file):
        self.program = program
        self.file = file

    def fill(self, forwards):
        """Exactly these forwards, all at once: only how long one more takes is measured."""
        filters = ["-A FORWARD -p tcp -d {addr} --dport {port} -j ACCEPT".format(**each) for each in forwards]
        nats = [
            "-A PREROUTING -i wan0 -p tcp --dport {conn} -j DNAT --to {addr}:{port}".format(**each)
            for each in forwards
        ]
        text = []
        for table, rules in (("filter", BASE["filter"] + filters), ("nat", BASE["nat"] + nats)):
            text += ["*" + table, *rules, "COMMIT"]
        restore = subprocess.run([self.program + "-restore"], input="\n".join(text) + "\n", text=True, check=True)
        return restore.returncode

    def create(self, conn, addr, port):
        run_cmd("{} -A FORWARD -p tcp -d {} --dport {} -j ACCEPT".format(self.program, addr, port))
        self.find("filter", addr, port)
        run_cmd(
            "{} -A PREROUTING -t nat -i wan0 -p tcp --dport {} -j DNAT --to {}:{}".format(
                self.program, conn, addr, port
            )
        )
        self.find("nat", addr, port, conn)
        saved = run_cmd(self.program + "-save")
        with open(self.file, "w") as file:
            file.write(saved)

    def delete(self, conn, addr, port):
        nat = self.find("nat", addr, port, conn)
        filtered = self.find("filter", addr, port)
        run_cmd("{} -t nat -D PREROUTING {}".format(self.program, nat))
        run_cmd("{} -t filter -D FORWARD {}".format(self.program, filtered))

    def find(self, table, addr, port, conn=None):
        chain = "PREROUTING" if table == "nat" else "FORWARD"
        listing = run_cmd("{} --numeric -L {} -t {} --line-numbers".format(self.program, chain, table))
        for number, rule in (nat_rules if table == "nat" else filter_rules)(listing).items():
            if rule == (addr, port, conn):
                return number
        raise RuntimeError("there is no rule for %s:%s" % (addr, port))


def nat_rules(listing):
    """Rule number -> (address, port, port dialled); all rows, as vLab does before it looks for one."""
    rules = {}
    for row in listing.split("\n")[2:]:
        if row:
            columns = row.split()
            _, addr, port = columns[-1].split(":")
            rules[columns[0]] = (addr, int(port), int(columns[-2].split(":")[-1]))
    return rules


def filter_rules(listing):
    rules = {}
    for row in listing.split("\n")[2:]:
        columns = row.split()
        if columns and columns[0] not in ("1", "2"):
            rules[columns[0]] = (columns[5], int(columns[7].split(":")[-1]), None)
    return rules


def sweep(addresses):
    """-> the addresses that answered."""
    left = queue.Queue()
    for address in addresses:
        left.put(address)
    alive = []

    def work():
        while True:
            try:
                address = left.get_nowait()
            except queue.Empty:
                return
            try:
                run_cmd("ping -W 2 -c 3 -4 -I lan0 " + address)
                alive.append(address)
            except RuntimeError:
                pass

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return alive


def log(key):
    """-> records per second."""
    from cryptography.fernet import Fernet

    fernet = Fernet(key)
    lines = sys.stdin.read().split("\n")
    near, far = socket.socketpair()

    def drain():
        while far.recv(65536):
            pass

    threading.Thread(target=drain, daemon=True).start()
    started = time.perf_counter()
    for line in lines:
        fields = line.split(" ")
        when = int(time.mktime(time.strptime(fields[0].split(".")[0], "%Y-%m-%dT%H:%M:%S")))
        values = dict(field.split("=", 1) for field in fields if "=" in field)
        record = {"time": when, "source": values["SRC"], "target": values["DST"], "user": None}
        near.sendall(fernet.encrypt(json.dumps(record).encode()))
    return len(lines) / (time.perf_counter() - started)


def serve(jobs):
    for line in sys.stdin:
        job = json.loads(line)
        started = time.perf_counter()
        result = jobs[job.pop("do")](**job)
        answer = {"ms": (time.perf_counter() - started) * 1000, "result": result}
        print(json.dumps(answer), flush=True)


def main(kind, *args):
    if kind == "forwards":
        firewall = Firewall(*args)
        serve({"fill": firewall.fill, "create": firewall.create, "delete": firewall.delete})
    elif kind == "sweep":
        serve({"sweep": sweep})
    elif kind == "log":
        print(round(log(*args)))


main(*sys.argv[1:])
