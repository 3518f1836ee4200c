"""dnsmasq as the one resolver that the tests' names are known to."""

import os
import socket
import threading

from .process import Server, find_program


class Dnsmasq(Server):
    """`records` are dnsmasq options such as address=/web.test/127.0.0.2.

    Names below .test that have no record do not exist; names below .broken.test are asked of an
    upstream that always answers SERVFAIL, names below .silent.test of one that never answers.
    """

    name = "dnsmasq"

    def __init__(self, site, records, ports=None):
        super().__init__(site, ports or {"dns": site.port()})
        self.records = list(records)
        self.program = find_program("dnsmasq", "dnsmasq-base")
        self._upstreams = []

    def prepare(self):
        failing = self._upstream(answer_servfail=True)
        silent = self._upstream(answer_servfail=False)
        self.write("dnsmasq.conf", "".join(f"{line}\n" for line in (
            f"port={self.ports['dns']}", f"listen-address={self.address}", "bind-interfaces",
            "no-resolv", "no-hosts", "keep-in-foreground", "log-facility=-", "cache-size=0",
            "local=/test/", "local=/invalid/",
            f"server=/broken.test/{self.address}#{failing}",
            f"server=/silent.test/{self.address}#{silent}",
            # Started as root it would change its account; it need not.
            f"user={'root' if os.geteuid() == 0 else ''}", f"pid-file={self.path('pid')}",
            *self.records)))

    def command(self):
        return [self.program, "--conf-file=" + self.path("dnsmasq.conf")]

    def stop(self):
        super().stop()
        while self._upstreams:
            # Wakes the thread that waits in recvfrom; closing alone would not.
            upstream = self._upstreams.pop()
            upstream.sendto(b"", upstream.getsockname())

    def _upstream(self, answer_servfail):
        upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        upstream.bind((self.address, 0))
        self._upstreams.append(upstream)

        def serve():
            with upstream:
                while True:
                    query, sender = upstream.recvfrom(4096)
                    if not query:
                        return
                    if answer_servfail and len(query) > 12:
                        flags = bytes([query[2] | 0x80, 0x82])  # response, RA, RCODE 2
                        upstream.sendto(query[:2] + flags + query[4:], sender)

        threading.Thread(target=serve, daemon=True).start()
        return upstream.getsockname()[1]
