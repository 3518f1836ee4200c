"""What stands between a client and a server that upgrades to TLS: it adds clear bytes behind the server's go-ahead. And
peers for the protocols whose servers Debian has not: SQL Server and telnet, written from their documents.
"""

import selectors
import socket
import ssl

# What the client says last before TLS, by protocol: the server's next words are its go-ahead. Nothing: its first are.
LAST_WORDS = {
    "ftp": b"AUTH TLS\r\n", "smtp": b"STARTTLS\r\n", "lmtp": b"STARTTLS\r\n", "pop3": b"STLS\r\n",
    "imap": b"STARTTLS\r\n", "sieve": b"STARTTLS\r\n", "nntp": b"STARTTLS\r\n",
    "irc": b"STARTTLS\r\n", "ldap": b"1.3.6.1.4.1.1466.20037", "xmpp": b"<starttls",
    "xmpp-server": b"<starttls", "postgres": b"\x04\xd2\x16\x2f", "mysql": b"",
    "mssql": b"\x12\x01", "rdp": b"\x01\x00\x08\x00", "telnet": b"\xff\xfa\x2e\x01\xff\xf0",
    "nats": b"",
}

IAC, SB, SE, WILL, DO, DONT = b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\xfd", b"\xfe"
START_TLS = b"\x2e"
TABULAR_RESULT, PRELOGIN = 4, 0x12
ENCRYPT_ON, ENCRYPT_NOT_SUP = 1, 2


def injects(server, protocol, injected):
    """A script for Peers: the dialogue with `server`, an address, with `injected` behind its go-ahead."""
    def script(client):
        with socket.create_connection(server) as upstream, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, upstream)
            ready.register(upstream, selectors.EVENT_READ, client)
            said = b""
            pending = injected
            while True:
                for key, _ in ready.select(60):
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is client:
                        said += data
                    elif LAST_WORDS[protocol] in said:
                        data, pending = data + pending, b""
                    key.data.sendall(data)
    return script


class _Tls:
    """A TLS server without I/O: `receive` and `send` move its bytes."""

    def __init__(self, leaf, receive, send):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.chain, leaf.key)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.receive, self.send = receive, send

    def run(self, step):
        while True:
            try:
                result = step()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.receive()
                if not data:
                    raise ConnectionError("the client left") from None
                self.incoming.write(data)

    def flush(self):
        if self.outgoing.pending:
            self.send(self.outgoing.read())


def _read(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the client left")
        data += more
    return data


def _packet(kind, data):
    return bytes([kind, 1, *(len(data) + 8).to_bytes(2, "big"), 0, 0, 1, 0]) + data


def sql_server(leaf=None):
    """MS-TDS: PRELOGIN, and the TLS handshake in PRELOGIN packets. What comes after it, in TLS alone, is echoed."""
    def receive_packet(connection):
        header = _read(connection, 8)
        if header[0] != PRELOGIN:
            raise ConnectionError("not PRELOGIN")
        return _read(connection, int.from_bytes(header[2:4], "big") - 8)

    def script(connection):
        receive_packet(connection)
        encryption = ENCRYPT_ON if leaf else ENCRYPT_NOT_SUP
        connection.sendall(_packet(TABULAR_RESULT, (
            b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x10\x00\x00\x00"
            + bytes([encryption]))))
        if not leaf:
            return
        tls = _Tls(leaf, lambda: receive_packet(connection),
                   lambda data: connection.sendall(_packet(PRELOGIN, data)))
        tls.run(tls.session.do_handshake)
        tls.receive, tls.send = lambda: connection.recv(65536), connection.sendall
        while data := tls.run(lambda: tls.session.read(4096)):
            tls.run(lambda data=data: tls.session.write(data))
    return script


def telnet_server(leaf=None):
    """draft-altman-telnet-starttls-02, behind a banner and an option that is negotiated as well. Echoes in TLS."""
    def script(connection):
        connection.sendall(b"Welcome\r\n" + IAC + DO + b"\x18")
        heard = b""
        while IAC + WILL + START_TLS not in heard:
            heard += _read(connection, 1)
        if not leaf:
            connection.sendall(IAC + DONT + START_TLS + b"login: ")
            connection.recv(1)
            return
        connection.sendall(IAC + DO + START_TLS)
        follows = IAC + SB + START_TLS + b"\x01" + IAC + SE
        while follows not in heard:
            heard += _read(connection, 1)
        connection.sendall(follows)
        tls = _Tls(leaf, lambda: connection.recv(65536), connection.sendall)
        tls.run(tls.session.do_handshake)
        while data := tls.run(lambda: tls.session.read(4096)):
            tls.run(lambda data=data: tls.session.write(data))
    return script
