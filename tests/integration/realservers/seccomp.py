"""Forbids a system call to one child process, as the seccomp profile of a container does."""

import ctypes
import errno
import struct

IO_URING_SETUP = 425  # on every architecture

_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_SECCOMP_RET_ERRNO = 0x00050000
_SECCOMP_RET_ALLOW = 0x7FFF0000
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # of classic BPF
_OFFSET_OF_NUMBER = 0


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def forbid(call, error=errno.EPERM):
    """For subprocess's preexec_fn: from here on, this process's `call` fails with `error`."""
    instructions = b"".join(struct.pack("=HBBI", *instruction) for instruction in (
        (_LOAD_WORD, 0, 0, _OFFSET_OF_NUMBER),
        (_JUMP_IF_EQUAL, 0, 1, call),
        (_RETURN, 0, 0, _SECCOMP_RET_ERRNO | error),
        (_RETURN, 0, 0, _SECCOMP_RET_ALLOW)))
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
