"""Real servers from Debian's packages, started by the tests on addresses and ports of their own."""
