# Installed: the program, and the three libraries with their headers as the CMake package `tracer`.
