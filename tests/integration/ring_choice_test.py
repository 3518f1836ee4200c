"""Which interface of the kernel's is used, and what is said where io_uring is not to be had."""

import errno
import json
import resource
import socket
import subprocess
import threading
import unittest

from realservers import tracer
from realservers.process import private_address
from realservers.seccomp import IO_URING_SETUP, forbid

ADDRESS = private_address()


class RingChoice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        listener = socket.create_server((ADDRESS, 0), backlog=1000)
        cls.port = listener.getsockname()[1]
        threading.Thread(target=cls.serve, args=(listener,), daemon=True).start()

    @staticmethod
    def serve(listener):
        while True:
            listener.accept()[0].close()

    def check(self, *options, refuse=None, descriptors=None, targets=1):
        """One sweep: its status, its results, what it said on standard error."""
        def restrict():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)
            if refuse:
                forbid(IO_URING_SETUP, refuse)
        document = [{"name": f"monitor {index}", "host": ADDRESS, "port": self.port} for index in range(targets)]
        done = subprocess.run([tracer.program(), "run", "--once", "--json", *options, "-"], input=json.dumps(document),
                              capture_output=True, text=True, timeout=tracer.SECONDS, env=tracer.environment(),
                              preexec_fn=restrict)
        return done.returncode, tracer.parse_results(done.stdout), done.stderr

    def assert_up(self, checked, targets=1):
        status, results, _ = checked
        self.assertEqual(status, 0, checked)
        self.assertEqual([result["verdict"] for result in results.values()], ["up"] * targets)

    def test_each_ring_is_there_and_says_nothing(self):
        for options in ((), ("--ring=auto",), ("--ring=uring",), ("--ring=epoll",)):
            with self.subTest(options):
                checked = self.check(*options)
                self.assert_up(checked)
                self.assertEqual(checked[2], "")

    def test_where_io_uring_is_forbidden_epoll_takes_its_place(self):
        for error, reason in ((errno.EPERM, "io_uring is forbidden here"), (errno.EACCES, "io_uring is forbidden here"),
                              (errno.ENOSYS, "this kernel has no io_uring"),
                              (errno.EINVAL, "this kernel's io_uring lacks SINGLE_ISSUER")):
            with self.subTest(reason):
                checked = self.check(refuse=error)
                self.assert_up(checked)
                self.assertRegex(checked[2], rf"\Atracer: going on with epoll: {reason}[^\n]*\n\Z")

    def test_who_insists_on_io_uring_is_told_why_not(self):
        status, results, errors = self.check("--ring=uring", refuse=errno.EPERM)
        self.assertEqual((status, results), (3, {}))
        self.assertRegex(errors, r"\Atracer: io_uring is forbidden here[^\n]*\n\Z")

    def test_who_chose_epoll_needs_no_warning(self):
        checked = self.check("--ring=epoll", refuse=errno.EPERM)
        self.assert_up(checked)
        self.assertEqual(checked[2], "")

    def test_want_of_something_else_is_no_reason_for_epoll(self):
        status, results, errors = self.check(refuse=errno.ENOMEM)
        self.assertEqual((status, results), (3, {}))
        self.assertRegex(errors, r"\Atracer: no memory for io_uring[^\n]*\n\Z")

    def test_the_soft_limit_of_descriptors_is_no_bound(self):
        for ring in ("uring", "epoll"):
            with self.subTest(ring):
                checked = self.check(f"--ring={ring}", descriptors=(64, 1024), targets=300)
                self.assert_up(checked, 300)
                self.assertEqual(checked[2], "")

    def test_too_few_descriptors_for_what_is_asked_are_told(self):
        for ring, most in (("uring", 64), ("epoll", 16)):
            with self.subTest(ring):
                checked = self.check(f"--ring={ring}", "--threads=2", descriptors=(32, 32), targets=300)
                self.assert_up(checked, 300)
                self.assertEqual(checked[2], f"tracer: at most {most} checks under way at a time, not 4096: "
                                 "only 32 descriptors are allowed (raise RLIMIT_NOFILE)\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
