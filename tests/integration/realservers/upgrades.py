"""Servers that upgrade a clear connection to TLS: vsftpd, INN's reader, slapd, Prosody, InspIRCd, xrdp and nats-server.

With `leaf` each offers STARTTLS in its protocol's way, without it none.
"""

import os

from .process import Server, find_program


class Vsftpd(Server):
    name = "vsftpd"
    account = "nobody"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"ftp": site.port()})
        self.leaf = leaf
        self.program = find_program("vsftpd", "vsftpd")

    def prepare(self):
        os.makedirs(self.path("empty"))
        settings = {
            "listen": "YES", "listen_address": self.address, "listen_port": self.ports["ftp"],
            "background": "NO", "anonymous_enable": "YES", "anon_root": self.path("empty"),
            "secure_chroot_dir": self.path("empty"), "ftp_username": "nobody",
            "run_as_launching_user": "YES", "ssl_enable": "NO", "xferlog_enable": "NO",
            "seccomp_sandbox": "NO"}
        if self.leaf:
            settings.update(ssl_enable="YES", allow_anon_ssl="YES", rsa_cert_file=self.leaf.chain,
                            rsa_private_key_file=self.copy_key(self.leaf.key))
        self.write("vsftpd.conf", "".join(f"{key}={value}\n" for key, value in settings.items()))
        self.give(self.path("vsftpd.conf"))  # it reads no other's

    def command(self):
        return [self.program, self.path("vsftpd.conf")]


class Nnrpd(Server):
    """INN's server for readers, on its own: it needs no innd, and is given no articles."""

    name = "nnrpd"
    account = "news"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"nntp": site.port()})
        self.leaf = leaf
        self.program = find_program("nnrpd", "inn2", ["/usr/lib/news/bin"])

    def prepare(self):
        for folder in ("db", "etc", "run", "spool", "tmp"):
            os.makedirs(self.path(folder))
            self.give(self.path(folder))
        for name in ("db/active", "db/newsgroups", "db/active.times", "db/history", "spool/group.index"):
            self.write(name, "")
        self.write("etc/storage.conf", "method tradspool {\n  newsgroups: *\n  class: 0\n}\n")
        self.write("etc/readers.conf", (
            'auth "all" {\n  hosts: "*"\n  default: "<all>"\n}\n'
            'access "all" {\n  users: "<all>"\n  newsgroups: "*"\n}\n'))
        tls = ""
        if self.leaf:
            tls = f"tlscertfile: {self.leaf.chain}\ntlskeyfile: {self.copy_key(self.leaf.key)}\n"
        self.write("inn.conf", (
            "domain: tracer.test\npathhost: news.tracer.test\nhismethod: hisv6\n"
            "ovmethod: tradindexed\nenableoverview: true\nmta: /bin/false\n"
            "mailcmd: /bin/false\npathnews: /usr/lib/news\n"
            f"pathdb: {self.path('db')}\npathetc: {self.path('etc')}\npathrun: {self.path('run')}\n"
            f"pathspool: {self.path('spool')}\npathtmp: {self.path('tmp')}\n"
            f"pathlog: {self.path('tmp')}\npathoverview: {self.path('spool')}\n{tls}"))

    def environment(self):
        return {**super().environment(), "INNCONF": self.path("inn.conf")}

    def command(self):
        return [self.program, "-D", "-f", "-b", self.address, "-p", str(self.ports["nntp"]),
                "-P", "4"]


class Slapd(Server):
    name = "slapd"
    account = "openldap"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"ldap": site.port()})
        self.leaf = leaf
        self.program = find_program("slapd", "slapd")

    def prepare(self):
        tls = ""
        if self.leaf:
            tls = (f"TLSCertificateFile {self.leaf.chain}\n"
                   f"TLSCertificateKeyFile {self.copy_key(self.leaf.key)}\n")
        self.write("slapd.conf", (
            "include /etc/ldap/schema/core.schema\n"
            f"pidfile {self.path('slapd.pid')}\nargsfile {self.path('slapd.args')}\n{tls}"
            "database config\nrootdn cn=config\n"))

    def command(self):
        # -d keeps it in the foreground, and 0 keeps it quiet.
        return [self.program, "-d", "0", "-f", self.path("slapd.conf"),
                "-h", f"ldap://{self.address}:{self.ports['ldap']}/"]


class Prosody(Server):
    """Ports for clients (xmpp) and for other servers (xmpp-server)."""

    name = "prosody"
    account = "prosody"

    def __init__(self, site, leaf=None, ports=None, host="tracer.test"):
        super().__init__(site, ports or {"xmpp": site.port(), "xmpp-server": site.port()})
        self.leaf = leaf
        self.host = host
        self.program = find_program("prosody", "prosody")

    def prepare(self):
        os.makedirs(self.path("data"))
        self.give(self.path("data"))
        modules, tls = '"saslauth", "dialback"', ""
        if self.leaf:
            modules += ', "tls"'
            tls = (f'ssl = {{ certificate = "{self.leaf.chain}", '
                   f'key = "{self.copy_key(self.leaf.key)}" }}\n')
        self.write("prosody.cfg.lua", (
            f'pidfile = "{self.path("prosody.pid")}"\ndata_path = "{self.path("data")}"\n'
            'daemonize = false\nlog = { warn = "*console" }\n'
            f'interfaces = {{ "{self.address}" }}\nuse_ipv6 = false\n'
            f'c2s_ports = {{ {self.ports["xmpp"]} }}\ns2s_ports = {{ {self.ports["xmpp-server"]} }}\n'
            "c2s_direct_tls_ports = {}\ns2s_direct_tls_ports = {}\nhttp_ports = {}\nhttps_ports = {}\n"
            "c2s_require_encryption = false\ns2s_require_encryption = false\n"
            "allow_unencrypted_plain_auth = true\n"
            f"modules_enabled = {{ {modules} }}\n"
            f'modules_disabled = {{ {"" if self.leaf else chr(34) + "tls" + chr(34)} }}\n{tls}'
            f'VirtualHost "{self.host}"\n'))

    def command(self):
        return [self.program, "--config", self.path("prosody.cfg.lua"), "-F"]


class Inspircd(Server):
    name = "inspircd"
    account = "irc"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"irc": site.port()})
        self.leaf = leaf
        self.program = find_program("inspircd", "inspircd")

    def prepare(self):
        tls = '<module name="cap">\n'
        if self.leaf:
            tls += (f'<module name="ssl_gnutls">\n<module name="starttls">\n<gnutls '
                    f'certfile="{self.leaf.chain}" '
                    f'keyfile="{self.copy_key(self.leaf.key)}" hash="sha256">\n')
        self.write("inspircd.conf", (
            '<server name="irc.tracer.test" description="tests" network="Tests">\n'
            '<admin name="tests" nick="tests" email="tests@tracer.test">\n'
            f'<bind address="{self.address}" port="{self.ports["irc"]}" type="clients">\n{tls}'
            '<connect allow="*" timeout="60" maxchans="1" resolvehostnames="no" useident="no">\n'
            f'<path configdir="{self.folder}" datadir="{self.folder}" logdir="{self.folder}" '
            'moduledir="/usr/lib/inspircd/modules">\n'
            f'<pid file="{self.path("inspircd.pid")}">\n'))

    def command(self):
        return [self.program, "--nofork", "--nolog", f"--config={self.path('inspircd.conf')}"]


class Xrdp(Server):
    name = "xrdp"
    account = "xrdp"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"rdp": site.port()})
        self.leaf = leaf
        self.program = find_program("xrdp", "xrdp")

    def prepare(self):
        security = "security_layer=rdp\n"
        if self.leaf:
            security = (f"security_layer=tls\ncertificate={self.leaf.chain}\n"
                        f"key_file={self.copy_key(self.leaf.key)}\n")
        self.write("xrdp.ini", (
            f"[Globals]\nini_version=1\nfork=true\nport=tcp://{self.address}:{self.ports['rdp']}\n"
            f"ssl_protocols=TLSv1.2, TLSv1.3\n{security}"
            f"[Logging]\nLogFile={self.path('xrdp.log')}\nLogLevel=INFO\nEnableSyslog=false\n"))

    def command(self):
        return [self.program, "--nodaemon", "--config", self.path("xrdp.ini")]


class NatsServer(Server):
    name = "nats-server"
    account = "nobody"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"nats": site.port()})
        self.leaf = leaf
        self.program = find_program("nats-server", "nats-server")

    def command(self):
        command = [self.program, "--addr", self.address, "--port", str(self.ports["nats"])]
        if self.leaf:
            command += ["--tls", "--tlscert", self.leaf.chain,
                        "--tlskey", self.copy_key(self.leaf.key)]
        return command
