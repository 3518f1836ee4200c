"""OpenSSH's sshd (its banner) and mosquitto, an MQTT broker (plain port and TLS)."""

from .process import Server, find_program, run


class Sshd(Server):
    """With a host key of its own. Nobody can log in."""

    name = "sshd"
    # sshd as root wants /run/sshd; as an ordinary user it does not, and still sends its banner.
    account = "nobody"

    def __init__(self, site, ports=None):
        super().__init__(site, ports or {"ssh": site.port()})
        self.program = find_program("sshd", "openssh-server")
        self.keygen = find_program("ssh-keygen", "openssh-client")

    def prepare(self):
        run([self.keygen, "-q", "-t", "ed25519", "-N", "", "-f", self.path("host_key")])
        self.give(self.path("host_key"))
        self.write("sshd_config", (
            f"ListenAddress {self.address}:{self.ports['ssh']}\nHostKey {self.path('host_key')}\n"
            "PidFile none\nUsePAM no\nPasswordAuthentication no\nAuthorizedKeysFile none\n"
            "MaxStartups 100:30:200\n"))

    def command(self):
        return [self.program, "-D", "-e", "-f", self.path("sshd_config")]


class Mosquitto(Server):
    name = "mosquitto"
    account = "nobody"

    def __init__(self, site, leaf=None, ports=None):
        default = {"mqtt": site.port()}
        if leaf:
            default["mqtts"] = site.port()
        super().__init__(site, ports or default)
        self.leaf = leaf
        self.program = find_program("mosquitto", "mosquitto")

    def prepare(self):
        listeners = f"listener {self.ports['mqtt']} {self.address}\n"
        if self.leaf:
            key = self.copy_key(self.leaf.key)
            listeners += (f"listener {self.ports['mqtts']} {self.address}\n"
                          f"certfile {self.leaf.chain}\nkeyfile {key}\n")
        self.write("mosquitto.conf", f"allow_anonymous true\npersistence false\n{listeners}")

    def command(self):
        return [self.program, "-c", self.path("mosquitto.conf")]
