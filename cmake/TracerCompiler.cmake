# Language level, warnings and sanitizers of everything built here.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Assertions stay on in release: a broken invariant must stop a monitor, not make it report nonsense. Line tables stay
# too, so that a crash in the field has a readable trace.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -D_GLIBCXX_ASSERTIONS")
if(TRACER_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -D_GLIBCXX_ASSERTIONS")
endif()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(TRACER_CCACHE ccache)
mark_as_advanced(TRACER_CCACHE)
if(TRACER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Relative to the tree, so that several checkouts share what one of them compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TRACER_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_library(tracer_warnings INTERFACE)
target_compile_options(tracer_warnings INTERFACE
  -Werror -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wcast-qual -Wimplicit-fallthrough -Wformat=2 -Wvla
  # C++20's designated initialisers are used to leave members at their defaults.
  -Wno-missing-field-initializers)

if(TRACER_SANITIZE)
  add_compile_options(-fsanitize=${TRACER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TRACER_SANITIZE})
  # The optimiser, seeing through the instrumentation, reports uninitialised reads that are not there.
  target_compile_options(tracer_warnings INTERFACE -Wno-maybe-uninitialized)
  if(TRACER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(tracer_warnings INTERFACE -Wno-tsan)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What these find depends on what each version of the optimiser inlines; they warn of libstdc++'s own code too.
  target_compile_options(tracer_warnings INTERFACE
    -Wno-error=stringop-overflow -Wno-error=stringop-overread -Wno-error=array-bounds -Wno-error=restrict
    -Wno-error=maybe-uninitialized -Wno-error=free-nonheap-object)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(tracer_warnings INTERFACE
    -Wno-unknown-warning-option
    # Trailing arrays: gcc accepts them behind __extension__, clang does not.
    -Wno-c99-extensions)
endif()

if(TRACER_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TRACER_FUZZ needs clang (libFuzzer); this is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
