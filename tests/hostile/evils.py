"""What a hostile server does to a client: in every phase of a check, and to TLS in particular.

An evil is a script that `Peers` plays to an accepted connection. Those with a phase play the honest part of a
check up to that phase first. Certificates and handshakes are OpenSSL's (Python's ssl); what is malformed is made
here by hand.
"""

import socket
import ssl

from realservers.peers import reset

ALERT, HANDSHAKE, APPLICATION_DATA = 21, 22, 23
SERVER_HELLO, CERTIFICATE = 2, 11
ECDHE_ECDSA_AES128_GCM, AES128_GCM = b"\xc0\x2b", b"\x13\x01"
# What a ServerHello's random is when it is a HelloRetryRequest (RFC 8446 section 4.1.3).
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
MOST_IN_A_RECORD = 2 ** 14
CHUNKS = 4096  # of what never ends: far more than any client may take


def record(kind, body, length=None, version=b"\x03\x03"):
    return bytes([kind]) + version + (len(body) if length is None else length).to_bytes(2, "big") + body


def records(kind, body):
    pieces = (body[at:at + MOST_IN_A_RECORD] for at in range(0, len(body), MOST_IN_A_RECORD))
    return b"".join(record(kind, piece) for piece in pieces)


def message(kind, body, length=None):
    return bytes([kind]) + (len(body) if length is None else length).to_bytes(3, "big") + body


def server_hello(client_hello, cipher, extensions=b"", random=bytes(32)):
    """That goes with a ClientHello which arrived as one record."""
    session_id = client_hello[44:44 + client_hello[43]]
    body = b"\x03\x03" + random + bytes([len(session_id)]) + session_id + cipher + b"\0"
    return message(SERVER_HELLO, body + len(extensions).to_bytes(2, "big") + extensions)


def certificate_message(certificates):
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    return message(CERTIFICATE, len(listed).to_bytes(3, "big") + listed)


def nested_der(depth):
    """SEQUENCEs within each other."""
    der = b""
    for _ in range(depth):
        size = len(der)
        head = bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3, "big")
        der = b"\x30" + head + der
    return der


class Tls:
    """The server's half of TLS over a connection whose bytes we send ourselves."""

    def __init__(self, connection, leaf, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.chain, leaf.key)
        if version:
            context.minimum_version = context.maximum_version = version
        self.connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.done = False

    def flight(self):
        """What the server has to say next in the handshake."""
        while True:
            try:
                self.session.do_handshake()
                self.done = True
                return self.outgoing.read()
            except ssl.SSLWantReadError:
                said = self.outgoing.read()
                if said:
                    return said
                received = self.connection.recv(16384)
                if not received:
                    raise ConnectionError("the client left") from None
                self.incoming.write(received)

    def handshake(self):
        while not self.done:
            self.connection.sendall(self.flight())

    def encrypted(self, plaintext):
        self.session.write(plaintext)
        return self.outgoing.read()

    def close_notify(self):
        try:
            self.session.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()


class Phases:
    """The honest part of a check up to each phase. Each gives what an honest server would say next, and what a
    hostile one may say without end."""

    def __init__(self, leaf):
        self.leaf = leaf

    def response(self, _connection):
        return b"+PONG\r\n", b"x" * MOST_IN_A_RECORD

    def starttls(self, connection):
        connection.sendall(b"220 hostile.test ESMTP\r\n")
        connection.recv(4096)  # EHLO
        return b"250-hostile.test\r\n250 STARTTLS\r\n", b"250-hostile.test\r\n" * 512

    def go_ahead(self, connection):
        honest, endless = self.starttls(connection)
        connection.sendall(honest)
        connection.recv(4096)  # STARTTLS
        return b"220 go ahead\r\n", endless.replace(b"250", b"220")

    def hello(self, connection):
        flight = Tls(connection, self.leaf).flight()
        unending = message(SERVER_HELLO, bytes(MOST_IN_A_RECORD - 4), length=0xffffff)
        return flight, record(HANDSHAKE, unending)

    def flight(self, connection):
        """As far as into the leaf: the record after the ServerHello's holds the certificates."""
        flight = Tls(connection, self.leaf, ssl.TLSVersion.TLSv1_2).flight()
        cut = 5 + int.from_bytes(flight[3:5], "big") + 100
        connection.sendall(flight[:cut])
        return flight[cut:], bytes(MOST_IN_A_RECORD)

    def exchange(self, connection):
        tls = Tls(connection, self.leaf)
        tls.handshake()
        return tls.encrypted(b"+PONG\r\n"), None


class Evils:
    """Scripts for Peers. `over` is set when the tests are over."""

    def __init__(self, leaf, over):
        self.leaf, self.over = leaf, over

    def in_phase(self, phase, evil):
        lead, deed = getattr(Phases(self.leaf), phase), getattr(self, evil)

        def script(connection):
            deed(connection, *lead(connection))
        return script

    # -- what can be done in any phase -----------------------------------------------------

    def silent(self, _connection, _honest, _endless):
        self.over.wait()

    def dribble(self, connection, honest, _endless):
        """One byte a second of what is right."""
        for byte in honest:
            connection.sendall(bytes([byte]))
            if self.over.wait(1):
                return

    def endless(self, connection, honest, endless):
        """Without an end, as fast as it is taken. Of TLS's own making where the phase is within TLS."""
        for _ in range(CHUNKS):
            connection.sendall(endless if endless is not None else honest)
        self.over.wait()

    def garbage(self, connection, _honest, _endless):
        connection.sendall(bytes((17 * at + at * at) % 251 for at in range(2048)))
        self.over.wait()

    def close(self, _connection, _honest, _endless):
        pass

    def half_close(self, connection, _honest, _endless):
        connection.shutdown(socket.SHUT_WR)
        self.over.wait()

    def reset(self, connection, _honest, _endless):
        reset(connection)

    # -- records ---------------------------------------------------------------------------

    def answers(self, *said):
        """The answer to the ClientHello; parts may be made from it."""
        def script(connection):
            hello = connection.recv(16384)
            for part in said:
                connection.sendall(part(hello) if callable(part) else part)
            self.over.wait()
        return script

    def alert(self, description, level=2):
        return self.answers(record(ALERT, bytes([level, description])))

    def certificates(self, ders):
        """A TLS 1.2 server with this chain."""
        def said(hello):
            return records(HANDSHAKE, server_hello(hello, ECDHE_ECDSA_AES128_GCM) + certificate_message(ders))
        return self.answers(said)

    def hello_retry_requests(self, group, times):
        def script(connection):
            share = b"\x00\x33\x00\x02" + group
            for _ in range(times):
                hello = connection.recv(16384)
                extensions = b"\x00\x2b\x00\x02\x03\x04" + share
                connection.sendall(record(HANDSHAKE, server_hello(hello, AES128_GCM, extensions, RETRY_RANDOM)))
            self.over.wait()
        return script

    # -- within TLS ------------------------------------------------------------------------

    def after_handshake(self, deed, version=None):
        def script(connection):
            tls = Tls(connection, self.leaf, version)
            tls.handshake()
            deed(connection, tls)
            self.over.wait()
        return script

    def endless_application_data(self, connection, tls):
        for _ in range(CHUNKS):
            connection.sendall(tls.encrypted(b"x" * MOST_IN_A_RECORD))

    def dribbled_application_data(self, connection, tls):
        for _ in range(60):
            connection.sendall(tls.encrypted(b"x"))
            if self.over.wait(1):
                return

    def data_after_close_notify(self, connection, tls):
        connection.sendall(tls.close_notify() + record(APPLICATION_DATA, bytes(64)))

    def cleartext(self, connection, _tls):
        connection.sendall(record(APPLICATION_DATA, b"+PONG\r\n"))

    def garbled(self, connection, tls):
        sent = bytearray(tls.encrypted(b"+PONG\r\n"))
        sent[-1] ^= 1
        connection.sendall(sent)

    def reset_within(self, connection, _tls):
        reset(connection)

    def close_without_notify(self, connection, _tls):
        connection.shutdown(socket.SHUT_WR)
