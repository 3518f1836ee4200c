"""Postfix (SMTP with STARTTLS) and Dovecot (IMAP and POP3, STARTTLS and TLS from the start; LMTP and ManageSieve)."""

import os
import pwd

from .process import Server, find_program, run

POSTFIX_QUEUE = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                 "maildrop", "pid", "private", "public", "saved", "trace")


class Postfix(Server):
    """Two ports: `smtp` as port 25 is used, `submission` as 587. Without `leaf` no STARTTLS.

    Postfix's master starts as root only; the queue belongs to the postfix account.
    """

    name = "postfix"

    def __init__(self, site, leaf=None, ports=None):
        super().__init__(site, ports or {"smtp": site.port(), "submission": site.port()})
        self.leaf = leaf
        self.program = find_program("master", "postfix", ["/usr/lib/postfix/sbin"])

    def prepare(self):
        entry = pwd.getpwnam("postfix")
        os.makedirs(self.path("data"))
        os.chown(self.path("data"), entry.pw_uid, entry.pw_gid)
        os.makedirs(self.path("queue"))
        for folder in POSTFIX_QUEUE:
            path = os.path.join(self.path("queue"), folder)
            os.makedirs(path)
            if folder != "pid":
                os.chown(path, entry.pw_uid, entry.pw_gid)
        tls = ""
        if self.leaf:
            tls = (f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {self.leaf.chain}\n"
                   f"smtpd_tls_key_file = {self.leaf.key}\n")
        self.write("main.cf", (
            f"compatibility_level = 3.6\nqueue_directory = {self.path('queue')}\n"
            f"data_directory = {self.path('data')}\ncommand_directory = /usr/sbin\n"
            "daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\n"
            # master.cf names the address to listen on; here only one that an interface has will do.
            "inet_interfaces = 127.0.0.1\nmyhostname = mail.tracer.test\n"
            "mydestination = tracer.test\nlocal_transport = error:no mail here\nalias_maps =\n"
            "alias_database =\nsmtpd_tls_session_cache_database =\nmynetworks = 127.0.0.0/8\n"
            f"maillog_file = {self.path('mail.log')}\nmaillog_file_prefixes = {self.folder}\n"
            f"inet_protocols = ipv4\n{tls}"))
        self.write("master.cf", (
            f"{self.address}:{self.ports['smtp']} inet n - n - - smtpd\n"
            f"{self.address}:{self.ports['submission']} inet n - n - - smtpd\n"
            "  -o syslog_name=postfix/submission\n"
            "anvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
            "rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\n"
            "cleanup unix n - n - 0 cleanup\npostlog unix-dgram n - n - 1 postlogd\n"))

    def command(self):
        return [self.program, "-c", self.folder, "-d"]


class Dovecot(Server):
    """Ports imap and pop3 offer STARTTLS when there is a `leaf`; imaps and pop3s speak TLS.

    `also` may name lmtp and sieve, which offer STARTTLS as well.
    """

    name = "dovecot"

    def __init__(self, site, leaf=None, ports=None, also=()):
        names = ("imap", "imaps", "pop3", "pop3s") if leaf else ("imap", "pop3")
        super().__init__(site, ports or {name: site.port() for name in (*names, *also)})
        self.leaf = leaf
        self.also = also
        self.program = find_program("dovecot", "dovecot-core")
        find_program("imap", "dovecot-imapd", ["/usr/lib/dovecot"])
        find_program("pop3", "dovecot-pop3d", ["/usr/lib/dovecot"])
        if "lmtp" in also:
            find_program("lmtp", "dovecot-lmtpd", ["/usr/lib/dovecot"])
        if "sieve" in also:
            find_program("managesieve", "dovecot-managesieved", ["/usr/lib/dovecot"])

    def prepare(self):
        os.makedirs(self.path("run"))
        os.makedirs(self.path("state"))
        # 2.4 (Debian 13) names things otherwise than 2.3 (Debian 12).
        version = run([self.program, "--version"]).split()[0]
        new = tuple(int(part) for part in version.split(".")[:2]) >= (2, 4)
        text = (f"protocols = {' '.join(('imap', 'pop3', *self.also))}\nbase_dir = {self.path('run')}\n"
                f"state_dir = {self.path('state')}\nlog_path = /dev/stderr\n"
                f"instance_name = {os.path.basename(self.folder)}\nlisten = {self.address}\n"
                f"ssl = {'yes' if self.leaf else 'no'}\n")
        if new:
            text = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" + text
        if self.leaf and new:
            text += (f"ssl_server_cert_file = {self.leaf.chain}\n"
                     f"ssl_server_key_file = {self.leaf.key}\n")
        elif self.leaf:
            text += f"ssl_cert = <{self.leaf.chain}\nssl_key = <{self.leaf.key}\n"
        text += self._accounts(new)
        for service, listeners in (
                ("imap-login", {"imap": "", "imaps": "    ssl = yes\n"}),
                ("pop3-login", {"pop3": "", "pop3s": "    ssl = yes\n"}),
                ("lmtp", {"lmtp": ""}), ("managesieve-login", {"sieve": ""})):
            if not set(listeners) & {"imap", "pop3", *self.also}:
                continue
            text += f"service {service} {{\n  process_limit = 4\n"
            for listener, extra in listeners.items():
                text += (f"  inet_listener {listener} {{\n"
                         f"    {'listen' if new else 'address'} = {self.address}\n"
                         f"    port = {self.ports.get(listener, 0)}\n{extra}  }}\n")
            text += "}\n"
        self.write("dovecot.conf", text)

    @staticmethod
    def _accounts(new):
        if new:
            return ("passdb static {\n  fields {\n    nopassword = yes\n  }\n}\n"
                    "userdb static {\n  fields {\n    uid = nobody\n    gid = nogroup\n"
                    "    home = /nonexistent\n  }\n}\n"
                    "mail_driver = maildir\nmail_path = /nonexistent\n")
        return ("passdb {\n  driver = static\n  args = nopassword=y\n}\n"
                "userdb {\n  driver = static\n"
                "  args = uid=nobody gid=nogroup home=/nonexistent\n}\n"
                "mail_location = maildir:/nonexistent\n")

    def command(self):
        return [self.program, "-F", "-c", self.path("dovecot.conf")]
