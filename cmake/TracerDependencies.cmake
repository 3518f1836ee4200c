# Every vendor library as one target `tracer::NAME`, its headers as system headers.
#
# wolfSSL, liburing and simdjson may come from the prefix that tools/setup builds (TRACER_DEPS_PREFIX); they are then
# linked static by full path, so that a library of the machine is never picked by accident.

set(cache_home "$ENV{TRACER_CACHE}")
if(NOT cache_home AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(cache_home "$ENV{XDG_CACHE_HOME}/tracer")
elseif(NOT cache_home)
  set(cache_home "$ENV{HOME}/.cache/tracer")
endif()
set(TRACER_DEPS_PREFIX "${cache_home}/prefix" CACHE PATH "Prefix of the dependencies built by tools/setup")

if(EXISTS ${TRACER_DEPS_PREFIX}/lib/libwolfssl.a)
  set(wolfssl_default tuned)
else()
  set(wolfssl_default system)
endif()
set(TRACER_WOLFSSL ${wolfssl_default} CACHE STRING "wolfSSL to link: tuned (built by tools/setup) or system")
set_property(CACHE TRACER_WOLFSSL PROPERTY STRINGS tuned system)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)

# tracer_header_value(OUT FILE REGEX): the first match's group, or empty.
function(tracer_header_value out file regex)
  set(value "")
  if(EXISTS ${file})
    file(STRINGS ${file} lines REGEX "${regex}")
    if(lines)
      list(GET lines 0 line)
      string(REGEX REPLACE ".*${regex}.*" "\\1" value "${line}")
    endif()
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# tracer_prefix_dependency(NAME ARCHIVE): a static library of the prefix.
function(tracer_prefix_dependency name archive)
  add_library(tracer_dep_${name} INTERFACE)
  add_library(tracer::${name} ALIAS tracer_dep_${name})
  target_include_directories(tracer_dep_${name} SYSTEM INTERFACE
    $<BUILD_INTERFACE:${TRACER_DEPS_PREFIX}/include>)
  target_link_libraries(tracer_dep_${name} INTERFACE
    $<BUILD_INTERFACE:${TRACER_DEPS_PREFIX}/lib/${archive}>
    $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/tracer/${archive}>)
  set_property(GLOBAL APPEND PROPERTY TRACER_PREFIX_ARCHIVES ${TRACER_DEPS_PREFIX}/lib/${archive})
endfunction()

# tracer_pkgconfig_dependency(NAME MODULE): a library of the machine.
function(tracer_pkgconfig_dependency name module)
  pkg_check_modules(dep_${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT dep_${name}_FOUND)
    message(FATAL_ERROR "tracer: ${module} not found; run tools/setup")
  endif()
  add_library(tracer_dep_${name} INTERFACE)
  add_library(tracer::${name} ALIAS tracer_dep_${name})
  target_link_libraries(tracer_dep_${name} INTERFACE PkgConfig::dep_${name})
  string(REGEX REPLACE "[<>=].*" "" module ${module})
  set_property(GLOBAL APPEND PROPERTY TRACER_PKGCONFIG_MODULES ${name}=${module})
  set(TRACER_${name}_VERSION "${dep_${name}_VERSION}" PARENT_SCOPE)
endfunction()

# tracer_header_dependency(NAME HEADER): headers alone, found on the machine.
function(tracer_header_dependency name header)
  find_path(TRACER_${name}_INCLUDE ${header})
  mark_as_advanced(TRACER_${name}_INCLUDE)
  if(NOT TRACER_${name}_INCLUDE)
    message(FATAL_ERROR "tracer: ${header} not found; run tools/setup")
  endif()
  add_library(tracer_dep_${name} INTERFACE)
  add_library(tracer::${name} ALIAS tracer_dep_${name})
  target_include_directories(tracer_dep_${name} SYSTEM INTERFACE $<BUILD_INTERFACE:${TRACER_${name}_INCLUDE}>)
endfunction()

if(TRACER_WOLFSSL STREQUAL "tuned")
  if(NOT EXISTS ${TRACER_DEPS_PREFIX}/lib/libwolfssl.a)
    message(FATAL_ERROR "tracer: no tuned wolfSSL in ${TRACER_DEPS_PREFIX}; run tools/setup")
  endif()
  tracer_prefix_dependency(wolfssl libwolfssl.a)
  target_link_libraries(tracer_dep_wolfssl INTERFACE m Threads::Threads)
  # Its SSL_* names must not be seen by other libraries of the process, which mean OpenSSL's.
  target_link_options(tracer_dep_wolfssl INTERFACE LINKER:--exclude-libs,libwolfssl.a)
  tracer_header_value(TRACER_wolfssl_VERSION ${TRACER_DEPS_PREFIX}/include/wolfssl/version.h
    "LIBWOLFSSL_VERSION_STRING \"([^\"]+)\"")
else()
  tracer_pkgconfig_dependency(wolfssl wolfssl)
endif()

if(EXISTS ${TRACER_DEPS_PREFIX}/lib/liburing.a)
  tracer_prefix_dependency(uring liburing.a)
  tracer_header_value(uring_major ${TRACER_DEPS_PREFIX}/include/liburing/io_uring_version.h
    "IO_URING_VERSION_MAJOR ([0-9]+)")
  tracer_header_value(uring_minor ${TRACER_DEPS_PREFIX}/include/liburing/io_uring_version.h
    "IO_URING_VERSION_MINOR ([0-9]+)")
  set(TRACER_uring_VERSION "${uring_major}.${uring_minor}")
else()
  tracer_pkgconfig_dependency(uring liburing>=2.9)
endif()

if(EXISTS ${TRACER_DEPS_PREFIX}/lib/libsimdjson.a)
  tracer_prefix_dependency(simdjson libsimdjson.a)
  tracer_header_value(TRACER_simdjson_VERSION ${TRACER_DEPS_PREFIX}/include/simdjson.h
    "define SIMDJSON_VERSION \"([^\"]+)\"")
else()
  # 3.12 is wanted for speed; what a Debian 12 machine has by itself gives the same results.
  tracer_pkgconfig_dependency(simdjson simdjson>=3.0.1)
endif()

tracer_pkgconfig_dependency(cares libcares)
# Debian 13's c-ares deprecates the calls that are all Debian 12's has.
target_compile_definitions(tracer_dep_cares INTERFACE CARES_NO_DEPRECATED)
tracer_pkgconfig_dependency(re2 re2)
tracer_pkgconfig_dependency(yaml yaml-0.1)
tracer_header_dependency(xxhash xxhash.h)
tracer_header_dependency(cli11 CLI/CLI.hpp)
tracer_header_dependency(expected tl/expected.hpp)

message(STATUS "tracer: wolfSSL ${TRACER_wolfssl_VERSION} (${TRACER_WOLFSSL}), liburing ${TRACER_uring_VERSION}, "
  "simdjson ${TRACER_simdjson_VERSION}")
