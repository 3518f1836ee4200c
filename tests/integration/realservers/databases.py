"""PostgreSQL, MariaDB, Redis and memcached."""

import glob

from .process import Server, find_program, run


class Postgresql(Server):
    """With `leaf`: SSL on, so that an SSLRequest is answered with S; without: with N."""

    name = "postgresql"
    account = "postgres"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"postgres": site.port()})
        self.leaf = leaf
        versions = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.initdb = find_program("initdb", "postgresql", versions[-1:])
        self.program = find_program("postgres", "postgresql", versions[-1:])

    def prepare(self):
        self.give(self.folder)
        run(self.as_account([self.initdb, "-D", self.path("data"), "-A", "trust", "--no-sync",
                             "-U", "postgres", "-E", "UTF8", "--locale=C"]),
            env=self.environment(), cwd=self.folder)
        if self.leaf:
            self.key = self.copy_key(self.leaf.key)

    def command(self):
        settings = {
            "listen_addresses": self.address, "port": self.ports["postgres"],
            "unix_socket_directories": "", "fsync": "off", "shared_buffers": "16MB",
            "max_connections": 20, "logging_collector": "off", "ssl": "off",
            "dynamic_shared_memory_type": "mmap",
        }
        if self.leaf:
            settings.update(ssl="on", ssl_cert_file=self.leaf.chain, ssl_key_file=self.key)
        command = [self.program, "-D", self.path("data")]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        return command


class Mariadb(Server):
    name = "mariadb"
    account = "nobody"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"mysql": site.port()})
        self.leaf = leaf
        self.installer = find_program("mariadb-install-db", "mariadb-server")
        self.program = find_program("mariadbd", "mariadb-server")

    def prepare(self):
        self.give(self.folder)
        run(self.as_account([
            self.installer, "--no-defaults", f"--datadir={self.path('data')}",
            "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
            "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"]),
            env=self.environment(), cwd=self.folder)
        # Without an account for other hosts those get an error instead of a greeting.
        self.write("init.sql", "CREATE USER IF NOT EXISTS 'nobody'@'%' ACCOUNT LOCK;\n")
        if self.leaf:
            self.key = self.copy_key(self.leaf.key)

    def command(self):
        command = [
            self.program, "--no-defaults", f"--datadir={self.path('data')}",
            f"--bind-address={self.address}", f"--port={self.ports['mysql']}",
            f"--init-file={self.path('init.sql')}", f"--socket={self.path('sock')}",
            f"--pid-file={self.path('pid')}",
            "--skip-name-resolve", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M",
            "--max-connections=20", "--innodb-flush-log-at-trx-commit=0",
            # Probes that hang up after the greeting count as errors; they must not block us.
            "--max-connect-errors=4294967295"]
        if self.leaf:
            command += [f"--ssl-cert={self.leaf.chain}", f"--ssl-key={self.key}"]
        return command


class Redis(Server):
    """A plain port and, with `leaf`, a TLS port; with `client_ca` that wants a certificate."""

    name = "redis"
    account = "nobody"

    def __init__(self, site, leaf=None, ports=None, client_ca=None):
        default = {"redis": site.port()}
        if leaf:
            default["redis-tls"] = site.port()
        super().__init__(site, ports or default)
        self.leaf = leaf
        self.client_ca = client_ca
        self.program = find_program("redis-server", "redis-server")

    def prepare(self):
        if self.leaf:
            self.key = self.copy_key(self.leaf.key)

    def command(self):
        command = [self.program, "--bind", self.address, "--port", str(self.ports["redis"]),
                   "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", self.folder]
        if self.leaf:
            command += ["--tls-port", str(self.ports["redis-tls"]),
                        "--tls-cert-file", self.leaf.chain, "--tls-key-file", self.key,
                        "--tls-ca-cert-file", self.client_ca or self.leaf.chain,
                        "--tls-auth-clients", "yes" if self.client_ca else "no"]
        return command


class Memcached(Server):
    name = "memcached"
    account = "nobody"

    def __init__(self, site, ports=None):
        super().__init__(site, ports or {"memcached": site.port()})
        self.program = find_program("memcached", "memcached")

    def command(self):
        return [self.program, "-l", self.address, "-p", str(self.ports["memcached"]), "-U", "0",
                "-m", "8", "-t", "1"]


