"""nginx, and the command-line TLS servers of OpenSSL and GnuTLS for the odd cases."""

import os

from .process import Server, find_program


class Vhost:
    """One TLS port of nginx. Vhosts that share a port are told apart by server name (SNI)."""

    def __init__(self, port, leaf, protocols="TLSv1.2 TLSv1.3", names=("_",), presents="chain",
                 client_ca=None, suite=None, alpn=True, curve=None, staple=None):
        self.port = port
        self.leaf = leaf
        self.protocols = protocols
        self.names = names
        self.certificate = getattr(leaf, presents)
        self.client_ca = client_ca
        self.suite = suite
        self.http2 = " http2" if alpn else ""
        self.curve = curve
        self.staple = staple  # a file with an OCSP response

    def text(self, address):
        lines = [
            f"listen {address}:{self.port} ssl{self.http2};",
            f"server_name {' '.join(self.names)};",
            f"ssl_certificate {self.certificate};",
            f"ssl_certificate_key {self.leaf.key};",
            f"ssl_protocols {self.protocols};",
            f"location / {{ return 200 'this is {self.names[0]}\\n'; }}",
        ]
        if self.client_ca:
            lines += [f"ssl_client_certificate {self.client_ca};", "ssl_verify_client on;"]
        if self.suite:
            # One name serves both: TLS 1.3 suites are spelled TLS_…, older ones OpenSSL's way.
            lines.append(f"ssl_conf_command Ciphersuites {self.suite};"
                         if self.suite.startswith("TLS_") else f"ssl_ciphers {self.suite};")
        if self.curve:
            lines.append(f"ssl_ecdh_curve {self.curve};")
        if self.staple:
            lines += ["ssl_stapling on;", f"ssl_stapling_file {self.staple};"]
        return "server {\n" + "\n".join(lines) + "\n}\n"


class Nginx(Server):
    """Any number of TLS ports and one plain HTTP port."""

    name = "nginx"
    account = "nobody"

    def __init__(self, site, vhosts, ports=None, plain="return 200 'plain\\n';"):
        super().__init__(site, ports or {"http": site.port()})
        self.vhosts = vhosts
        self.plain = plain
        for vhost in vhosts:
            self.ports[f"tls-{vhost.port}"] = vhost.port
        self.program = find_program("nginx", "nginx")

    def prepare(self):
        temporary = "".join(
            f"{kind}_temp_path {self.path(kind)};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # No master process: the one process is what the tests stop, and no worker can outlive it.
        self.write("nginx.conf", (
            f"daemon off;\nmaster_process off;\npid {self.path('nginx.pid')};\n"
            f"error_log stderr warn;\nevents {{ worker_connections 512; }}\n"
            f"http {{\naccess_log off;\n{temporary}"
            f"server {{ listen {self.address}:{self.ports['http']};\n"
            f"location / {{ {self.plain} }} }}\n"
            + "".join(vhost.text(self.address) for vhost in self.vhosts) + "}\n"))

    def launch(self):
        if os.geteuid() == 0:
            # Ports below 1024 are opened by root; the keys of the tests are root's as well.
            self.account = None
        super().launch()

    def command(self):
        return [self.program, "-p", self.folder, "-c", self.path("nginx.conf"), "-e", "stderr"]


class OpensslServer(Server):
    """`openssl s_server`. It serves one connection after the other."""

    name = "s_server"

    def __init__(self, site, leaf, options=(), presents="chain"):
        super().__init__(site, {"tls": site.port()})
        self.leaf = leaf
        self.options = list(options)
        self.presents = presents
        self.program = find_program("openssl", "openssl")

    def command(self):
        command = [self.program, "s_server", "-accept", f"{self.address}:{self.ports['tls']}",
                   "-quiet", "-rev", "-cert", self.leaf.cert, "-key", self.leaf.key]
        if self.presents == "chain":
            command += ["-cert_chain", self.leaf.chain]
        return command + self.options


class GnutlsServer(Server):
    """`gnutls-serv` with a priority string of the test's choice."""

    name = "gnutls-serv"

    def __init__(self, site, leaf, priority="NORMAL", options=("--disable-client-cert",)):
        super().__init__(site, {"tls": site.wildcard_port()})
        self.leaf = leaf
        self.priority = priority
        self.options = list(options)
        self.program = find_program("gnutls-serv", "gnutls-bin")

    def command(self):
        return [self.program, "--port", str(self.ports["tls"]), "--priority", self.priority,
                "--x509certfile", self.leaf.chain, "--x509keyfile", self.leaf.key,
                "--echo", "--quiet", *self.options]
