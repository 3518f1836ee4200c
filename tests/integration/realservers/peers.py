"""Peers that no packaged server will imitate: they reset, stay silent, lie or hang up."""

import socket
import struct
import threading


def reset(connection):
    """Ends the connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Listener:
    """Accepts on a port of `address` (0: some free one) and closes at once."""

    def __init__(self, address, port=0):
        self.socket = socket.create_server((address, port), backlog=1024)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return

    def close(self):
        if self.socket.fileno() >= 0:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
            self.socket.close()


class Peers:
    """Listening sockets, each with a script that a thread plays to every client that comes.

    A script gets the accepted socket and the event that says that the tests are over.
    """

    def __init__(self, site):
        self.site = site
        self.over = threading.Event()
        self._listeners = []
        self._threads = []

    def listen(self, script):
        listener = socket.create_server((self.site.address, self.site.port()), backlog=64)
        self._listeners.append(listener)
        self._spawn(self._accept, listener, script)
        return listener.getsockname()[1]

    def silent(self, _connection):
        self.over.wait()

    def greets(self, greeting, then=None):
        def script(connection):
            connection.sendall(greeting)
            (then or self.silent)(connection)
        return script

    def dialogue(self, *steps, then=None):
        """Sends the first step at once, each further one when the client has said something."""
        def script(connection):
            for number, step in enumerate(steps):
                if number and not connection.recv(4096):
                    return
                connection.sendall(step)
            (then or self.silent)(connection)
        return script

    def close(self):
        self.over.set()
        for listener in self._listeners:
            # Wakes accept(); closing the descriptor under it would not.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join()

    def _spawn(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener, script):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._spawn(self._play, connection, script)

    def _play(self, connection, script):
        with connection:
            connection.settimeout(60)
            try:
                script(connection)
            except OSError:
                pass  # the client left first, which is its right
